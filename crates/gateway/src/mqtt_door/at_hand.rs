// SPDX-License-Identifier: Apache-2.0
//! The handshake that a door thread has at hand: how rustls' callbacks, which do not know their
//! connection, learn the server name and say why they refused.

use std::sync::Arc;

use hw_kernel::Refusal;
use parking_lot::Mutex;

/// One thread's; filled before a connection's bytes go into TLS and emptied after.
#[derive(Debug, Default)]
pub struct AtHand {
    /// The server name that the client asked for.
    pub server_name: Option<Arc<str>>,
    /// Why its certificate was refused.
    pub refusal: Option<Refusal>,
}

/// Shared by the thread and the callbacks of its TLS configuration. Never contended.
pub type SharedAtHand = Arc<Mutex<AtHand>>;
