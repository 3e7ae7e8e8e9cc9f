// SPDX-License-Identifier: Apache-2.0
//! A session: an account's catalog, its own settings and memory, and the functions that tell them.

mod settings;

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{SendableRecordBatchStream, execute_stream};
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement as PlannedStatement;
use parking_lot::RwLock;

use crate::catalog::AccountCatalog;
use crate::error::QueryError;
use crate::plan::Planned;
use crate::statement::Ask;

pub(crate) use settings::{SERVER_VERSION, Settings};

/// Settings that a session, its functions and its connection share.
pub(crate) type SharedSettings = Arc<RwLock<Settings>>;

/// What statements of one connection, or one request, run in.
#[derive(Clone)]
pub(crate) struct Session {
    pub context: SessionContext,
    pub settings: SharedSettings,
    pub catalog: Arc<AccountCatalog>,
}

impl Session {
    /// Plans a query; `told` are the types of its parameters as far as the client told them. What would change something is refused here a second time, on the plan.
    pub(crate) async fn plan(
        &self,
        ask: Ask,
        told: &[Option<DataType>],
    ) -> Result<Planned, QueryError> {
        self.catalog.look().await?;
        let statement = PlannedStatement::Statement(Box::new(ask.statement));
        let plan = self.context.state().statement_to_plan(statement).await?;
        let read_only = SQLOptions::new()
            .with_allow_ddl(false)
            .with_allow_dml(false)
            .with_allow_statements(false);
        match read_only.verify_plan(&plan) {
            Ok(()) => Planned::new(plan, &ask.names, told),
            Err(_) => Err(QueryError::ReadOnly("the statement".into())),
        }
    }

    /// Starts a plan; rows come as the stream is polled, and dropping it stops the work.
    pub(crate) async fn start(
        &self,
        plan: LogicalPlan,
    ) -> Result<SendableRecordBatchStream, QueryError> {
        let frame = self.context.execute_logical_plan(plan).await?;
        let task = Arc::new(frame.task_ctx());
        let physical = frame.create_physical_plan().await?;
        Ok(execute_stream(physical, task)?)
    }
}
