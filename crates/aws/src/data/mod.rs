// SPDX-License-Identifier: Apache-2.0
//! AWS IoT data plane (`iotdata`, REST-JSON): one file per operation, one line each in the list.
//! Callers are keys, and devices by their certificates.

mod may;
mod mqtt5;

mod get_retained_message;
mod list_retained_messages;
mod publish;

use crate::Operation;

/// What works.
pub(crate) const OPERATIONS: &[&Operation] = &[
    get_retained_message::OPERATION,
    list_retained_messages::OPERATION,
    publish::OPERATION,
];
