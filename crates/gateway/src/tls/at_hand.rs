// SPDX-License-Identifier: Apache-2.0
//! The handshake that is at hand: how rustls' callbacks, which do not know their connection, learn
//! what its hello said and say why they refused.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use hw_kernel::{Admission, Principal, Refusal};
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
    /// Whose its certificate is.
    pub found: Option<Found>,
}

/// A principal as it was found while its peer was still to prove that it holds the certificate.
#[derive(Debug)]
pub(crate) struct Found {
    pub principal: Arc<Principal>,
    /// [`Admission::generation`] before that.
    pub generation: u64,
}

impl Found {
    /// The same, if nothing has changed since.
    pub fn still(self, admission: &dyn Admission) -> Option<Arc<Principal>> {
        let generation = admission.generation().load(Ordering::Acquire);
        let is_so = generation == self.generation && !self.principal.is_stale();
        is_so.then_some(self.principal)
    }
}

/// Shared by whoever drives the handshake and the callbacks of its TLS configuration. Never
/// contended.
pub(crate) type SharedAtHand = Arc<Mutex<AtHand>>;
