// SPDX-License-Identifier: Apache-2.0
//! What a statement may cost. Reaching a limit is an error that names it, never a shorter answer.

use std::time::Duration;

/// Limits of statements; those of connections are [`crate::PgLimits`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Planning, running and sending one statement.
    pub statement_time_max: Duration,
    /// Memory that the operators of one session may hold.
    pub session_memory_bytes_max: usize,
    /// Memory that the operators of all sessions together may hold.
    pub total_memory_bytes_max: usize,
    /// Rows of an answer that is collected ([`crate::Engine::sql`]).
    pub answer_rows_max: usize,
    /// Bytes, in memory, of an answer that is collected.
    pub answer_bytes_max: usize,
    /// Rows of an answer that is streamed to a connection.
    pub stream_rows_max: usize,
    /// Text of the statements in one request.
    pub sql_bytes_max: usize,
    /// Operators and commas of one request: they bound how deep an expression can be.
    pub sql_operators_max: usize,
    /// What one string or array function may make of one batch of rows.
    pub function_bytes_max: usize,
    /// Footers of Parquet files that are kept for the next statement.
    pub footer_cache_bytes_max: usize,
    /// Parts of a statement that run at a time; leave a core to the broker.
    pub partitions_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            statement_time_max: Duration::from_secs(30),
            session_memory_bytes_max: 256 << 20,
            total_memory_bytes_max: 512 << 20,
            answer_rows_max: 100_000,
            answer_bytes_max: 64 << 20,
            stream_rows_max: 50_000_000,
            sql_bytes_max: 256 << 10,
            sql_operators_max: 500,
            function_bytes_max: 64 << 20,
            footer_cache_bytes_max: 32 << 20,
            partitions_max: cores.saturating_sub(1).max(1),
        }
    }
}
