// SPDX-License-Identifier: Apache-2.0
//! The handshake that is at hand: how rustls' callbacks, which do not know their connection, learn
//! what its hello said and say why they refused.

use std::sync::Arc;

use hw_kernel::Refusal;
use parking_lot::Mutex;

use super::Hello;

/// One thread's on the MQTT doors, filled before a connection's bytes go into TLS and emptied
/// after; one connection's on the HTTPS door.
#[derive(Debug, Default)]
pub(crate) struct AtHand {
    /// What the client said first.
    pub hello: Hello,
    /// Why its certificate was refused.
    pub refusal: Option<Refusal>,
}

/// Shared by whoever drives the handshake and the callbacks of its TLS configuration. Never
/// contended.
pub(crate) type SharedAtHand = Arc<Mutex<AtHand>>;
