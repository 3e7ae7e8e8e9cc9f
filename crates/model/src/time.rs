// SPDX-License-Identifier: Apache-2.0
//! Wall-clock time as everything stores it.

/// Microseconds since 1970-01-01T00:00:00 UTC.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Whole milliseconds, rounded towards the past.
    pub fn millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Seconds with fraction, as AWS's JSON carries times.
    pub fn seconds_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }
}
