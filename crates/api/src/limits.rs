// SPDX-License-Identifier: Apache-2.0
//! Limits of the API, by name.

use std::time::Duration;

/// How long a one-time link opens.
pub const LINK_SPAN: Duration = Duration::from_secs(15 * 60);

/// How often an idle live stream sends a comment, so that proxies keep it open.
pub const KEEP_ALIVE_SPAN: Duration = Duration::from_secs(15);

/// Most bytes of the path behind a one-time link.
pub const LINK_PATH_BYTES_MAX: usize = 2_048;

/// Rows of a page, of things, messages and events.
pub const PAGE_ROWS_MAX: u32 = 1_000;

/// Rows of a page if nothing is said.
pub const PAGE_ROWS: u32 = 100;

/// Points of each series of a chart.
pub const BUCKETS_MAX: u32 = 5_000;

/// Metrics of one request for series.
pub const SERIES_METRICS_MAX: usize = 16;

/// Bytes of a metric's name: longer ones are in no table.
pub const METRIC_BYTES_MAX: usize = 128;

/// Metrics whose last values are told with each thing of a list.
pub const LISTED_METRICS_MAX: usize = 8;

/// Units of metrics that an account has.
pub const UNITS_MAX: usize = 2_000;

/// Characters of a unit.
pub const UNIT_CHARS_MAX: usize = 20;

/// Metrics of a thing whose last values are told.
pub const LAST_VALUES_MAX: usize = 2_000;

/// Bytes of a text in a series or among last values; the rest is cut, and an ellipsis says so.
pub const SHOWN_TEXT_BYTES_MAX: usize = 1_024;

/// Clients of a thing that are told with it.
pub const THING_CLIENTS_MAX: usize = 20;

/// Those that a policy is attached to that are told with it.
pub const POLICY_TARGETS_MAX: usize = 100;

/// Actions of one question to policies.
pub const ACTIONS_MAX: usize = 10;

/// Certificates and MQTT users of a thing whose policies are asked.
pub const ASKED_PRINCIPALS_MAX: usize = 20;

/// Most characters of a key's label.
pub const LABEL_CHARS_MAX: usize = 128;

/// Limits that can be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiLimits {
    /// Most bytes of a request's body.
    pub body_bytes_max: usize,
    /// Statements that run at once; more wait.
    pub statements_max: usize,
    /// How long a statement waits for its turn.
    pub statement_wait_max: Duration,
    /// Live streams that are open at once.
    pub streams_max: usize,
    /// Messages that wait for the reader of a live stream; more are dropped, and counted.
    pub stream_messages_max: usize,
    /// Sessions of an account; beyond it the one that would end first makes room.
    pub sessions_max: usize,
    /// One-time links that nobody has opened yet.
    pub links_max: usize,
    /// Most bytes of a message's payload.
    pub payload_bytes_max: usize,
}

impl Default for ApiLimits {
    fn default() -> Self {
        Self {
            body_bytes_max: 1 << 20,
            statements_max: 8,
            statement_wait_max: Duration::from_secs(10),
            streams_max: 64,
            stream_messages_max: 1_024,
            sessions_max: 10_000,
            links_max: 1_000,
            payload_bytes_max: 256 << 10,
        }
    }
}
