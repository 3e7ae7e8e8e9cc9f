// SPDX-License-Identifier: Apache-2.0
//! The PostgreSQL wire protocol: any of its clients reads an account's tables.
//!
//! No TLS: the listener belongs on loopback, and an SSLRequest is answered `N`. The password is an
//! API key, which alone decides the account; the user's name is for the log and `current_user`.

mod cancel;
mod command;
mod connection;
mod cursor;
mod extended;
mod fault;
mod frames;
mod guard;
mod hello;
mod io;
mod params;
mod position;
mod prepared;
mod rows;
mod server;
mod simple;
mod startup;
mod state;
mod text;

use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use hw_model::AccountId;

pub use server::PgServer;

/// Who may connect.
#[async_trait]
pub trait PgAuth: Send + Sync {
    /// The account that `password`, an API key, belongs to; `None` refuses the connection, which
    /// comes from `peer`.
    async fn account_for(&self, user: &str, password: &str, peer: IpAddr) -> Option<AccountId>;
}

/// Limits of connections; those of statements are [`crate::Limits`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PgLimits {
    /// Connections at a time; one more is told so and closed.
    pub connections_max: usize,
    /// From accept to the end of authentication.
    pub handshake_time_max: Duration,
    /// Between two messages of a client.
    pub idle_time_max: Duration,
    /// How long a client may read nothing while there is something for it.
    pub stall_time_max: Duration,
    /// One message of a client.
    pub message_bytes_max: usize,
    /// Prepared statements and portals of one connection.
    pub prepared_max: usize,
}

impl Default for PgLimits {
    fn default() -> Self {
        Self {
            connections_max: 64,
            handshake_time_max: Duration::from_secs(10),
            idle_time_max: Duration::from_secs(3_600),
            stall_time_max: Duration::from_secs(30),
            message_bytes_max: 4 << 20,
            prepared_max: 256,
        }
    }
}
