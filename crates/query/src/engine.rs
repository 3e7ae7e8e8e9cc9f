// SPDX-License-Identifier: Apache-2.0
//! The engine: opens sessions over accounts, and answers single statements.

use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::execution::FunctionRegistry;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt;
use futures::stream::BoxStream;
use hw_kernel::metric::{MetricSource, Page};
use hw_kernel::{Blobs, Tables};
use hw_model::AccountId;

use crate::activity::Activity;
use crate::answer::{Answer, columns};
use crate::catalog::{AccountCatalog, DATABASE, OneDatabase, PUBLIC, Seen, Statics};
use crate::error::QueryError;
use crate::function;
use crate::limits::{Host, Limits, Roles};
use crate::param::Param;
use crate::plan::{Planned, pauses};
use crate::rewrite::{Arithmetic, Rewrite};
use crate::runtime::{Runtime, Workers};
use crate::session::{Backend, Session};
use crate::statement::{Ask, Command, Parser};
use crate::tally::{Run, Tally};
use crate::types::UTC;

/// Reads the tables of all accounts; each session sees one.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    tables: Arc<dyn Tables>,
    limits: Limits,
    runtime: Runtime,
    base: SessionState,
    statics: Arc<Statics>,
    parser: Parser,
    workers: Workers,
    roles: Roles,
    activity: Arc<Activity>,
    tally: Arc<Tally>,
}

impl MetricSource for Engine {
    fn write(&self, page: &mut Page) {
        let inner = &self.0;
        inner.tally.write(page);
        page.gauge("headwater_sql_statements_running", "Queries that run now.")
            .value(inner.activity.count());
        page.gauge(
            "headwater_sql_memory_bytes",
            "Memory that running queries hold.",
        )
        .value(inner.runtime.memory_bytes());
        page.gauge(
            "headwater_sql_spill_bytes",
            "Disk that running queries hold.",
        )
        .value(inner.runtime.spill_bytes());
    }
}

impl Engine {
    /// An engine over the ports. Cheap to clone afterwards.
    ///
    /// # Errors
    /// `Internal` if the engine's own parts can't be set up.
    pub fn new(
        tables: Arc<dyn Tables>,
        blobs: Arc<dyn Blobs>,
        limits: Limits,
    ) -> Result<Self, QueryError> {
        Self::on(&Host::default(), tables, blobs, limits)
    }

    /// An engine that works at `host`.
    ///
    /// # Errors
    /// `Internal` if the engine's own parts, or its folder, can't be set up.
    pub fn on(
        host: &Host,
        tables: Arc<dyn Tables>,
        blobs: Arc<dyn Blobs>,
        limits: Limits,
    ) -> Result<Self, QueryError> {
        let statics = Arc::new(Statics::new()?);
        let runtime = Runtime::new(blobs, &limits, host)?;
        let base = base(&limits);
        let parser = Parser::default();
        let workers = Workers::new(limits.partitions_max.max(2), host.thread_start)
            .map_err(|error| QueryError::Internal(Box::new(error)))?;
        let inner = Inner {
            tables,
            limits,
            runtime,
            base,
            statics,
            parser,
            workers,
            roles: host.roles.clone(),
            activity: Activity::new(Arc::clone(&host.clock)),
            tally: Tally::new(Arc::clone(&host.clock)),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// The limits of statements.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// A context whose catalog holds the tables of `account` and nothing else.
    ///
    /// For plans that are made by code. SQL from outside goes through [`Engine::sql`] or the wire,
    /// which also refuse statements that change the session and count what an answer costs.
    pub fn session(&self, account: AccountId) -> SessionContext {
        self.open(account, &account.to_string()).context
    }

    /// A session of `account` for somebody who calls himself `user`.
    pub(crate) fn open(&self, account: AccountId, user: &str) -> Session {
        let inner = &self.0;
        let mut settings = inner.roles.of(user);
        settings.force("session_authorization", user);
        let settings = Arc::new(parking_lot::RwLock::new(settings));
        let activity = &inner.activity;
        let backend = Backend::new(account, Arc::clone(&settings), Arc::clone(activity));
        let catalog = AccountCatalog::new(
            account,
            Arc::clone(&inner.tables),
            Arc::clone(&inner.statics),
            Seen {
                activity: Arc::clone(activity),
                settings: Arc::clone(&settings),
            },
        );
        let functions = function::of_session(&settings, &catalog, &backend);
        let state = SessionStateBuilder::new_from_existing(inner.base.clone())
            .with_catalog_list(Arc::new(OneDatabase(Arc::clone(&catalog))))
            .with_runtime_env(inner.runtime.session());
        let context = SessionContext::new_with_state(state.build());
        functions
            .into_iter()
            .for_each(|function| context.register_udf(function));
        context.register_udtf("pg_get_keywords", inner.statics.keywords());
        Session {
            context,
            settings,
            catalog,
            backend,
            tally: Arc::clone(&inner.tally),
            statement_memory_bytes_max: inner.runtime.statement_memory_bytes_max(),
        }
    }

    /// The statements of a text, in order, each allowed.
    pub(crate) async fn parse(&self, sql: &str) -> Result<Vec<Command>, QueryError> {
        let (inner, sql) = (Arc::clone(&self.0), sql.to_owned());
        let preparing = inner.tally.prepares();
        let work = async move { inner.parser.commands(&sql, &inner.limits) };
        let parsed = self.0.workers.run(work).await;
        preparing.done(&parsed);
        parsed
    }

    /// Plans a query; `told` are the types of its parameters as far as the client told them.
    pub(crate) async fn plan(
        &self,
        session: &Session,
        ask: Ask,
        told: Vec<Option<DataType>>,
    ) -> Result<Planned, QueryError> {
        let session = session.clone();
        let preparing = self.0.tally.prepares();
        let work = async move { session.plan(ask, &told).await };
        let planned = self.0.workers.run(work).await;
        preparing.done(&planned);
        planned
    }

    /// Starts a planned query with values in the places of its parameters.
    pub(crate) async fn start(
        &self,
        session: &Session,
        planned: &Planned,
        values: Vec<ScalarValue>,
    ) -> Result<Rows, QueryError> {
        let begun = session.backend.begin(planned.text());
        let run = self.0.tally.runs();
        let (session, plan) = (session.clone(), planned.clone());
        let work = async move { session.start(plan.bind(values)?).await };
        let started = self.0.workers.run(work).await;
        let stream = started.inspect_err(|error| run.failed(error))?;
        let schema = planned.named(&stream.schema());
        let told = Arc::clone(&schema);
        let batches = self.0.workers.pull(stream).fuse().boxed();
        let running = Some((batches, Arc::clone(&run), begun));
        let batches = futures::stream::unfold(running, move |running| {
            let told = Arc::clone(&told);
            async move {
                let (mut batches, run, begun) = running?;
                let batch = match batches.next().await {
                    Some(batch) => batch.and_then(|batch| columns::told(&batch, &told)),
                    None => {
                        run.answered();
                        return None;
                    }
                };
                if let Err(error) = &batch {
                    run.failed(error);
                }
                let rest = batch.is_ok().then_some((batches, run, begun));
                Some((batch, rest))
            }
        });
        Ok(Rows {
            schema,
            batches: batches.fuse().boxed(),
            run,
        })
    }

    /// Starts a plan that code has made.
    pub(crate) async fn started(
        &self,
        session: &Session,
        plan: LogicalPlan,
    ) -> Result<BoxStream<'static, Result<RecordBatch, QueryError>>, QueryError> {
        let session = session.clone();
        let work = async move { session.start(plan).await };
        let stream = self.0.workers.run(work).await?;
        Ok(self.0.workers.pull(stream).boxed())
    }

    /// Answers one statement, with `params` in the places of `$1`, `$2`, ….
    ///
    /// # Errors
    /// See [`QueryError`]; among them `Limit` when the answer is larger than the limits say:
    /// nothing is ever cut off.
    pub async fn sql(
        &self,
        account: AccountId,
        sql: &str,
        params: Vec<Param>,
    ) -> Result<Answer, QueryError> {
        within(
            self.0.limits.statement_time_max,
            self.answer(account, sql, params),
        )
        .await
    }

    async fn answer(
        &self,
        account: AccountId,
        sql: &str,
        params: Vec<Param>,
    ) -> Result<Answer, QueryError> {
        let mut commands = self.parse(sql).await?;
        if commands.len() > 1 {
            return Err(QueryError::Syntax("one statement at a time".into()));
        }
        let session = self.open(account, &account.to_string());
        match commands.pop() {
            Some(Command::Query(ask)) => {
                let values: Vec<_> = params.into_iter().map(ScalarValue::from).collect();
                let told = values.iter().map(|value| Some(value.data_type())).collect();
                let planned = self.plan(&session, *ask, told).await?;
                let answer = async {
                    self.collect(self.start(&session, &planned, values).await?)
                        .await
                };
                tokio::select! {
                    biased;
                    () = session.backend.cancel.notified() => Err(QueryError::Cancelled),
                    answer = answer => answer,
                }
            }
            Some(Command::Show(Some(name))) => {
                let (name, value) = session.settings.read().show(&name)?;
                Answer::text(name, &[value])
            }
            Some(_) => Err(QueryError::Unsupported(
                "each request is a session of its own: only queries and SHOW make sense in it"
                    .into(),
            )),
            None => Err(QueryError::Syntax("there is no statement".into())),
        }
    }

    async fn collect(&self, rows: Rows) -> Result<Answer, QueryError> {
        let run = Arc::clone(&rows.run);
        let collected = self.collected(rows).await;
        collected.inspect_err(|error| run.failed(error))
    }

    async fn collected(&self, mut rows: Rows) -> Result<Answer, QueryError> {
        let limits = &self.0.limits;
        let (mut count, mut bytes, mut batches) = (0, 0, Vec::new());
        while let Some(batch) = rows.batches.next().await {
            let batch = batch?;
            count += batch.num_rows();
            bytes += batch.get_array_memory_size();
            if count > limits.answer_rows_max {
                return Err(QueryError::rows("answer_rows_max", limits.answer_rows_max));
            }
            if bytes > limits.answer_bytes_max {
                let max = limits.answer_bytes_max;
                let text = format!("the answer is larger than {max} bytes (answer_bytes_max)");
                return Err(QueryError::limit("54000", text));
            }
            batches.push(batch);
        }
        Ok(Answer::new(rows.schema, batches))
    }
}

/// Rows as they come.
pub(crate) struct Rows {
    pub schema: SchemaRef,
    pub batches: BoxStream<'static, Result<RecordBatch, QueryError>>,
    /// Hears of an end that the rows themselves don't tell.
    pub run: Arc<Run>,
}

/// Ends `work` at the limit.
pub(crate) async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, QueryError>>,
) -> Result<T, QueryError> {
    match tokio::time::timeout(limit, work).await {
        Ok(done) => done,
        Err(_) => Err(QueryError::Time(limit)),
    }
}

/// What all sessions begin with: functions, and options that make answers PostgreSQL's.
fn base(limits: &Limits) -> SessionState {
    let mut config = SessionConfig::new()
        .with_default_catalog_and_schema(DATABASE, PUBLIC)
        .with_create_default_catalog_and_schema(false)
        .with_information_schema(false)
        .with_target_partitions(limits.partitions_max);
    let options = config.options_mut();
    options.sql_parser.dialect = datafusion::config::Dialect::PostgreSQL;
    options.sql_parser.map_string_types_to_utf8view = false;
    options.execution.parquet.schema_force_view_types = false;
    // Files are sorted, so a condition on thing or metric lets through runs of rows: the other
    // columns are decoded for those alone.
    options.execution.parquet.pushdown_filters = true;
    options.execution.parquet.reorder_filters = true;
    // The table deals its files out itself (`table::deal`).
    options.optimizer.repartition_file_scans = false;
    // What `timestamptz` is, and what `now()` answers.
    options.execution.time_zone = Some(UTC.into());
    // What a sort keeps back for merging its runs must fit the memory of a statement.
    let kept_back = limits.statement_memory_bytes_max / 8;
    let execution = &mut options.execution;
    execution.sort_spill_reservation_bytes = execution.sort_spill_reservation_bytes.min(kept_back);
    let mut builder = SessionStateBuilder::new_with_default_features()
        .with_config(config)
        .with_optimizer_rules(pauses::logical())
        .with_physical_optimizer_rules(pauses::physical());
    *builder.file_formats() = None;
    *builder.table_factories() = None;
    let functions = builder.scalar_functions().get_or_insert_default();
    function::bound(functions, limits.function_bytes_max);
    let mut fixed = function::fixed();
    function::bound(&mut fixed, limits.function_bytes_max);
    functions.retain(|known| fixed.iter().all(|own| own.name() != known.name()));
    functions.extend(fixed);
    let aggregates = builder.aggregate_functions().get_or_insert_default();
    let sum = function::sum();
    aggregates.retain(|known| known.name() != sum.name());
    aggregates.push(sum);
    let mut state = builder.build();
    let rewrite = Rewrite {
        concat: function::concat(limits.function_bytes_max),
    };
    // Registering never fails: it only adds to a list.
    let _ = state.register_function_rewrite(Arc::new(rewrite));
    let _ = state.register_expr_planner(Arc::new(Arithmetic));
    state
}
