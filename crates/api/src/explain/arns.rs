// SPDX-License-Identifier: Apache-2.0
//! Where ARNs begin, for statements that people are told to add.

use hw_model::AccountId;

/// Region and account of ARNs.
pub(crate) struct Arns<'a> {
    pub region: &'a str,
    pub account: AccountId,
}
