// SPDX-License-Identifier: Apache-2.0
//! A broker that remembers nothing.

use hw_kernel::recall::{Asker, ConnectionFacts, Flight, Recall, Ruling, Unknown};
use hw_model::{AccountId, TraceId};

/// Remembers nothing.
pub struct Nothing;

impl Recall for Nothing {
    fn flight(&self, _: AccountId, _: TraceId) -> Result<Flight, Unknown> {
        Err(Unknown::Forgotten)
    }

    fn connection(&self, _: AccountId, _: &str) -> Option<ConnectionFacts> {
        None
    }

    fn may_publish(&self, _: &Asker, _: &str) -> Result<Ruling, String> {
        Err("certificate unknown".into())
    }
}
