// SPDX-License-Identifier: Apache-2.0
//! What a statement may cost. Reaching a limit is an error that names it, never a shorter answer.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hw_kernel::Clock;
use hw_kernel::port::clock::SystemClock;

use crate::error::QueryError;
use crate::session::Settings;

/// Where an engine works.
#[derive(Clone)]
pub struct Host {
    /// A folder of the engine's own for what does not fit memory. It is emptied when the engine
    /// starts. Without it, such statements fail.
    pub spill_folder: Option<PathBuf>,
    /// What each of the engine's threads does first, as lowering its priority.
    pub thread_start: Option<fn()>,
    /// Settings that sessions begin with.
    pub roles: Roles,
    /// What tells since when statements run.
    pub clock: Arc<dyn Clock>,
}

impl Default for Host {
    fn default() -> Self {
        Self {
            spill_folder: None,
            thread_start: None,
            roles: Roles::default(),
            clock: Arc::new(SystemClock::default()),
        }
    }
}

/// Settings that sessions of a user's name begin with, as `ALTER ROLE … SET` has them.
#[derive(Debug, Clone, Default)]
pub struct Roles(BTreeMap<String, Settings>);

impl Roles {
    /// A setting of a role.
    ///
    /// # Errors
    /// Those of `SET`: unknown names, values that would not be honoured.
    pub fn set(&mut self, role: &str, name: &str, value: &str) -> Result<(), QueryError> {
        let settings = self.0.entry(role.to_owned()).or_default();
        settings.set(name, value).map(|_| ())
    }

    /// What sessions of `user` begin with, and go back to.
    pub(crate) fn of(&self, user: &str) -> Settings {
        let own = self.0.get(user).cloned().unwrap_or_default();
        own.into_defaults()
    }
}

/// Limits of statements; those of connections are [`crate::PgLimits`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Planning, running and sending one statement.
    pub statement_time_max: Duration,
    /// Memory that the operators of one statement may hold; what sorts, groups and joins hold
    /// beyond it goes to [`Host::spill_folder`].
    pub statement_memory_bytes_max: usize,
    /// Memory that the operators of one session may hold.
    pub session_memory_bytes_max: usize,
    /// Memory that the operators of all sessions together may hold.
    pub total_memory_bytes_max: usize,
    /// Bytes on disk that all statements together may spill.
    pub spill_bytes_max: u64,
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
            statement_memory_bytes_max: 128 << 20,
            session_memory_bytes_max: 256 << 20,
            total_memory_bytes_max: 512 << 20,
            spill_bytes_max: 4 << 30,
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
