// SPDX-License-Identifier: Apache-2.0
//! AWS Security Token Service (Query protocol).

mod get_caller_identity;

use crate::Operation;

/// What works.
pub(crate) const OPERATIONS: &[&Operation] = &[get_caller_identity::OPERATION];
