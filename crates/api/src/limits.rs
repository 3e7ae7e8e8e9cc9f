// SPDX-License-Identifier: Apache-2.0
//! Limits of the API, by name.

use std::time::Duration;

/// How long a session lasts, whatever is done in it.
pub const SESSION_SPAN: Duration = Duration::from_secs(12 * 60 * 60);

/// How long a one-time link opens.
pub const LINK_SPAN: Duration = Duration::from_secs(15 * 60);

/// How often an idle live stream sends a comment, so that proxies keep it open.
pub const KEEP_ALIVE_SPAN: Duration = Duration::from_secs(15);

/// Most bytes of the path behind a one-time link.
pub const LINK_PATH_BYTES_MAX: usize = 2_048;

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
    /// Sessions; beyond it the one that would end first makes room.
    pub sessions_max: usize,
    /// One-time links that nobody has opened yet.
    pub links_max: usize,
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
        }
    }
}
