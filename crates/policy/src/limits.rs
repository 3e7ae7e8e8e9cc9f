// SPDX-License-Identifier: Apache-2.0
//! The limits of the policy language, each with its unit.

/// Non-blank characters in a policy document, as AWS IoT counts them.
pub const DOCUMENT_CHARACTERS_MAX: usize = 2_048;

/// Bytes in a document read by [`crate::Document::parse_large`].
pub const LARGE_DOCUMENT_BYTES_MAX: usize = 1 << 20;

/// Values of one certificate attribute that policies see; the rest is ignored.
pub const CERTIFICATE_VALUES_MAX: usize = 5;

/// Characters of a certificate attribute; a longer one is not substituted.
pub const CERTIFICATE_VALUE_CHARACTERS_MAX: usize = 1_024;

/// Allow statements that an explanation of an implicit deny describes before it only counts.
pub(crate) const NEAR_MISSES_MAX: usize = 3;

/// Steps (pattern symbols times filter symbols) spent on one pattern when a subscription is decided
/// ahead; beyond it the answer is the safe one, "per topic".
pub(crate) const AHEAD_STEPS_MAX: usize = 1 << 21;

/// Characters of an explanation.
pub(crate) const WHY_CHARACTERS_MAX: usize = 2_000;
