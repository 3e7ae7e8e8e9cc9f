// SPDX-License-Identifier: Apache-2.0
//! The section `[sql]`: what statements may cost, and what sessions begin with.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The section as it is in a file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SqlSection {
    pub memory_bytes_max: Option<usize>,
    pub spill_bytes_max: Option<u64>,
    pub seconds_max: Option<u64>,
    pub rows_max: Option<usize>,
    pub threads_max: Option<usize>,
    #[serde(default)]
    pub roles: BTreeMap<String, BTreeMap<String, String>>,
}

/// What holds.
#[derive(Debug, Clone)]
pub struct SqlConfig {
    /// Most memory of all statements together, in bytes.
    pub memory_bytes_max: usize,
    /// Most bytes on disk of all statements together.
    pub spill_bytes_max: u64,
    /// Longest run of one statement, in seconds.
    pub seconds_max: u64,
    /// Most rows of one answer.
    pub rows_max: usize,
    /// Parts of a statement that run at a time; `None` leaves a core to the broker.
    pub threads_max: Option<usize>,
    /// Settings that sessions of a user's name begin with.
    pub roles: BTreeMap<String, BTreeMap<String, String>>,
}

impl SqlConfig {
    pub(super) fn resolve(file: SqlSection, defaults: SqlSection) -> Self {
        let threads = file
            .threads_max
            .or(defaults.threads_max)
            .unwrap_or_default();
        Self {
            memory_bytes_max: file
                .memory_bytes_max
                .or(defaults.memory_bytes_max)
                .unwrap_or_default(),
            spill_bytes_max: file
                .spill_bytes_max
                .or(defaults.spill_bytes_max)
                .unwrap_or_default(),
            seconds_max: file
                .seconds_max
                .or(defaults.seconds_max)
                .unwrap_or_default(),
            rows_max: file.rows_max.or(defaults.rows_max).unwrap_or_default(),
            threads_max: (threads > 0).then_some(threads),
            roles: file.roles,
        }
    }
}
