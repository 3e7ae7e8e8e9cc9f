// SPDX-License-Identifier: Apache-2.0
//! A message on its way through a shard; it borrows from wherever its bytes stand.

use hw_model::TraceId;
use hw_mqtt::{Properties, Qos};

/// What is delivered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Message<'a> {
    pub(crate) trace: TraceId,
    pub(crate) topic: &'a str,
    /// Those that go with the message: without topic alias.
    pub(crate) properties: Properties<'a>,
    pub(crate) payload: &'a [u8],
    /// As published.
    pub(crate) qos: Qos,
    pub(crate) retain: bool,
}
