// SPDX-License-Identifier: Apache-2.0
//! A session: an account's catalog, its own settings and memory, and the functions that tell them.

mod backend;
mod settings;
mod spill;
mod yields;

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::execution::TaskContext;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream, execute_stream};
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement as PlannedStatement;
use datafusion::sql::sqlparser::ast::Statement;
use futures::StreamExt;
use parking_lot::RwLock;

use crate::catalog::AccountCatalog;
use crate::error::QueryError;
use crate::plan::{Planned, runs};
use crate::runtime::{of_statement, stop};
use crate::statement::Ask;
use crate::tally::Tally;

pub(crate) use backend::Backend;
pub(crate) use settings::{SERVER_VERSION, Settings};

/// Settings that a session, its functions and its connection share.
pub(crate) type SharedSettings = Arc<RwLock<Settings>>;

/// What statements of one connection, or one request, run in.
#[derive(Clone)]
pub(crate) struct Session {
    pub context: SessionContext,
    pub settings: SharedSettings,
    pub catalog: Arc<AccountCatalog>,
    pub statement_memory_bytes_max: usize,
    pub tally: Arc<Tally>,
    pub backend: Arc<Backend>,
}

/// How much of a statement others are shown, in bytes.
const SHOWN_BYTES_MAX: usize = 1_024;

/// A statement's text as others of the account see it.
fn shown(statement: &Statement) -> Arc<str> {
    let mut text = statement.to_string();
    text.truncate(text.floor_char_boundary(SHOWN_BYTES_MAX));
    text.into()
}

impl Session {
    /// Plans a query; `told` are the types of its parameters as far as the client told them.
    /// What would change something is refused here a second time, on the plan.
    pub(crate) async fn plan(
        &self,
        ask: Ask,
        told: &[Option<DataType>],
    ) -> Result<Planned, QueryError> {
        self.catalog.look().await?;
        let text = shown(&ask.statement);
        let statement = PlannedStatement::Statement(Box::new(ask.statement));
        let state = self.context.state();
        let plan = stop::planning(state.statement_to_plan(statement)).await?;
        let read_only = SQLOptions::new()
            .with_allow_ddl(false)
            .with_allow_dml(false)
            .with_allow_statements(false);
        match read_only.verify_plan(&plan) {
            Ok(()) => Planned::new(plan, &ask.names, text, told),
            Err(_) => Err(QueryError::ReadOnly("the statement".into())),
        }
    }

    /// Starts a plan; rows come as the stream is polled, and dropping it stops the work.
    ///
    /// A join by hashing is the fastest and must hold one side in memory. Where that side is too
    /// large, the statement begins again with joins of sorted runs, which spill.
    pub(crate) async fn start(
        &self,
        plan: LogicalPlan,
    ) -> Result<SendableRecordBatchStream, QueryError> {
        let (mut state, plan) = self.context.execute_logical_plan(plan).await?.into_parts();
        let physical = stop::planning(state.create_physical_plan(&plan)).await?;
        let mut rows = self.run(&state, Arc::clone(&physical))?;
        if !spill::joins_by_hash(&physical) {
            return Ok(rows);
        }
        let first = rows.next().await;
        if !matches!(&first, Some(Err(error)) if spill::is_out_of_memory(error)) {
            return Ok(spill::with_first(first, rows));
        }
        drop((first, rows, physical));
        state.config_mut().options_mut().optimizer.prefer_hash_join = false;
        let physical = stop::planning(state.create_physical_plan(&plan)).await?;
        self.run(&state, physical)
    }

    fn run(
        &self,
        state: &SessionState,
        plan: Arc<dyn ExecutionPlan>,
    ) -> Result<SendableRecordBatchStream, QueryError> {
        let runtime = of_statement(state.runtime_env(), self.statement_memory_bytes_max);
        let task = TaskContext::from(state).with_runtime(runtime);
        let plan = yields::often(runs::collapsed(plan)?)?;
        let rows = execute_stream(Arc::clone(&plan), Arc::new(task))?;
        Ok(spill::counted(rows, self.tally.spills(plan)))
    }
}
