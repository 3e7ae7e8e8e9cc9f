// SPDX-License-Identifier: Apache-2.0
//! To be written.

/// A set of policies.
#[derive(Debug)]
pub struct PolicySet;
