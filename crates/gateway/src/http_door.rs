// SPDX-License-Identifier: Apache-2.0
//! HTTP doors: HTTPS, plain HTTP on loopback, and the admin socket. What is behind them is a
//! router that somebody else puts together; a WebSocket that carries MQTT leaves them for its
//! home shard.

mod admin_socket;
mod connection;
mod credential;
mod listener;
mod stream;
mod upgrade;
mod websocket;

pub use admin_socket::AdminSocket;
pub use credential::Credential;
pub use listener::HttpDoor;
pub(crate) use stream::{DoorStream, StreamParts};
pub use websocket::websocket;

use std::sync::Arc;
use std::time::Duration;

use crate::introduce::Desk;
use crate::mqtt_door::{DoorDeps, DoorSettings};

/// Most connections of one HTTP door at once; beyond it, accepting waits.
pub const HTTP_CONNECTIONS_MAX: usize = 4_096;

/// How long a TLS handshake may take.
pub const TLS_HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);

/// How long the head of a request may take to arrive.
pub const REQUEST_HEAD_DEADLINE: Duration = Duration::from_secs(30);

/// How long open requests may go on after shutdown has begun.
pub const DRAIN_DEADLINE: Duration = Duration::from_secs(2);

/// Where clients of MQTT that come to HTTP doors introduce themselves. `clone` is cheap.
#[derive(Clone)]
pub struct MqttHere(Arc<Desk>);

impl MqttHere {
    /// With the ports and limits of an MQTT door.
    pub fn new(deps: DoorDeps, settings: DoorSettings) -> Self {
        Self(Arc::new(Desk::new(deps, settings)))
    }
}
