// SPDX-License-Identifier: Apache-2.0
//! HTTP doors: HTTPS, plain HTTP on loopback, and the admin socket. What is behind them is a
//! router that somebody else puts together.

mod admin_socket;
mod connection;
mod listener;

pub use admin_socket::AdminSocket;
pub use listener::HttpDoor;

use std::time::Duration;

/// Most connections of one HTTP door at once; beyond it, accepting waits.
pub const HTTP_CONNECTIONS_MAX: usize = 4_096;

/// How long a TLS handshake may take.
pub const TLS_HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);

/// How long the head of a request may take to arrive.
pub const REQUEST_HEAD_DEADLINE: Duration = Duration::from_secs(30);

/// How long open requests may go on after shutdown has begun.
pub const DRAIN_DEADLINE: Duration = Duration::from_secs(2);
