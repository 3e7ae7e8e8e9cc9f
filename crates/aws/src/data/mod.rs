// SPDX-License-Identifier: Apache-2.0
//! AWS IoT data plane (`iotdata`, REST-JSON): one file per operation, one line each in the list.
//! Callers are keys, and devices by their certificates.

mod mqtt5;

mod publish;

use crate::Operation;

/// What works.
pub(crate) const OPERATIONS: &[&Operation] = &[publish::OPERATION];
