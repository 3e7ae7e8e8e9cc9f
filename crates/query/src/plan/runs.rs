// SPDX-License-Identifier: Apache-2.0
//! Groups by columns that tables are sorted by: files give rows of the same thing and metric in long
//! runs, so a run is one group, found by comparing neighbours, and nothing is hashed. What comes out
//! has a group as often as it has runs; the final aggregate, which merges the partitions' parts
//! anyway, merges those as well.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, UInt32Array};
use datafusion::arrow::compute::{concat_batches, partition, take};
use datafusion::arrow::datatypes::{DataType, FieldRef, SchemaRef};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode, aggregate_expressions};
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning,
    PlanProperties,
};
use futures::{StreamExt, stream};

/// Rows, or bytes of them, that are handed on together.
const ROWS: usize = 8_192;
const BYTES: usize = 1 << 20;

/// The plan, with runs in the place of partial aggregates where there are any.
pub(crate) fn collapsed(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let collapsed = plan.transform_up(|node| {
        let aggregate = node.as_any().downcast_ref::<AggregateExec>();
        Ok(match aggregate.filter(|it| has_runs(it)) {
            Some(aggregate) => {
                let runs = Runs(Arc::new(aggregate.clone()));
                Transformed::yes(Arc::new(runs) as Arc<dyn ExecutionPlan>)
            }
            None => Transformed::no(node),
        })
    });
    Ok(collapsed?.data)
}

/// The columns that files are sorted by, by their names in the tables. One of the first must be among
/// the groups: by the others alone, runs are as short as their values change.
const FIRST: [&str; 2] = ["thing", "kind"];
const SORTED: [&str; 4] = ["thing", "kind", "metric", "topic"];

fn has_runs(aggregate: &AggregateExec) -> bool {
    let groups = aggregate.group_expr();
    if *aggregate.mode() != AggregateMode::Partial
        || aggregate.limit_options().is_some()
        || groups.is_empty()
        || !groups.is_single()
        || !aggregate.aggr_expr().iter().all(is_small)
    {
        return false;
    }
    let names = groups
        .expr()
        .iter()
        .map(|(expr, _)| in_table(expr, aggregate.input()));
    let Some(names) = names.collect::<Option<Vec<_>>>() else {
        return false;
    };
    names.iter().all(|name| SORTED.contains(&name.as_str()))
        && names.iter().any(|name| FIRST.contains(&name.as_str()))
}

/// Whether an aggregate's state is the same few bytes however many rows it has seen.
fn is_small(aggregate: &Arc<AggregateFunctionExpr>) -> bool {
    let small = |fields: Vec<FieldRef>| fields.iter().all(|field| !field.data_type().is_nested());
    aggregate.groups_accumulator_supported() && aggregate.state_fields().is_ok_and(small)
}

/// The name of a column in the files that rows come from, in their order; `None` if it is computed,
/// or rows come otherwise.
fn in_table(expr: &Arc<dyn PhysicalExpr>, node: &Arc<dyn ExecutionPlan>) -> Option<String> {
    let index = expr.as_any().downcast_ref::<Column>()?.index();
    column_in_table(index, node)
}

fn column_in_table(index: usize, node: &Arc<dyn ExecutionPlan>) -> Option<String> {
    let children = node.children();
    match node.name() {
        "DataSourceExec" => Some(node.schema().fields().get(index)?.name().clone()),
        "CoalesceBatchesExec" | "CooperativeExec" => column_in_table(index, children.first()?),
        // Batches go to the partitions as they are.
        "RepartitionExec"
            if matches!(node.output_partitioning(), Partitioning::RoundRobinBatch(_)) =>
        {
            column_in_table(index, children.first()?)
        }
        "FilterExec" => {
            let filter = node.as_any().downcast_ref::<FilterExec>()?;
            let index = match filter.projection() {
                Some(projection) => *projection.get(index)?,
                None => index,
            };
            column_in_table(index, filter.input())
        }
        "ProjectionExec" => {
            let projection = node.as_any().downcast_ref::<ProjectionExec>()?;
            in_table(&projection.expr().get(index)?.expr, projection.input())
        }
        "UnionExec" => {
            let mut names = children.iter().map(|child| column_in_table(index, child));
            let first = names.next()??;
            names
                .all(|name| name.as_ref() == Some(&first))
                .then_some(first)
        }
        _ => None,
    }
}

/// A partial aggregate over runs of equal groups.
#[derive(Debug)]
struct Runs(Arc<AggregateExec>);

impl DisplayAs for Runs {
    fn fmt_as(&self, kind: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Runs: ")?;
        self.0.fmt_as(kind, f)
    }
}

impl ExecutionPlan for Runs {
    fn name(&self) -> &str {
        "Runs"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.0.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.0.children()
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let renewed = Arc::clone(&self.0) as Arc<dyn ExecutionPlan>;
        let renewed = renewed.with_new_children(children)?;
        Ok(match renewed.as_any().downcast_ref::<AggregateExec>() {
            Some(aggregate) => Arc::new(Self(Arc::new(aggregate.clone()))),
            None => renewed,
        })
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let input = self.0.input().execute(partition, context)?;
        let state = Some((input, Collapse::of(&self.0)?));
        let batches = stream::try_unfold(state, |state| async {
            let Some((mut input, mut collapse)) = state else {
                return Ok(None);
            };
            while let Some(batch) = input.next().await {
                collapse.take(&batch?)?;
                if collapse.is_full() {
                    let full = collapse.give()?;
                    return Ok(Some((full, Some((input, collapse)))));
                }
            }
            match collapse.rows {
                0 => Ok(None),
                _ => Ok::<_, DataFusionError>(Some((collapse.give()?, None))),
            }
        });
        let schema = self.schema();
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }
}

/// An aggregate and its argument's filter.
struct Aggregate {
    arguments: Vec<Arc<dyn PhysicalExpr>>,
    filter: Option<Arc<dyn PhysicalExpr>>,
    accumulator: Box<dyn GroupsAccumulator>,
}

/// Makes one row of each run.
struct Collapse {
    groups: Vec<Arc<dyn PhysicalExpr>>,
    aggregates: Vec<Aggregate>,
    schema: SchemaRef,
    waiting: Vec<RecordBatch>,
    rows: usize,
    bytes: usize,
}

impl Collapse {
    fn of(plan: &AggregateExec) -> Result<Self> {
        let arguments = aggregate_expressions(plan.aggr_expr(), plan.mode(), 0)?;
        let parts = plan
            .aggr_expr()
            .iter()
            .zip(plan.filter_expr())
            .zip(arguments);
        let aggregates = parts.map(|((expr, filter), arguments)| {
            Ok(Aggregate {
                arguments,
                filter: filter.clone(),
                accumulator: expr.create_groups_accumulator()?,
            })
        });
        Ok(Self {
            groups: plan.group_expr().input_exprs(),
            aggregates: aggregates.collect::<Result<_>>()?,
            schema: plan.schema(),
            waiting: Vec::new(),
            rows: 0,
            bytes: 0,
        })
    }

    fn take(&mut self, batch: &RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let keys = arrays(&self.groups, batch)?;
        let runs = partition(&keys)?.ranges();
        let mut of_row = vec![0; batch.num_rows()];
        for (number, run) in runs.iter().enumerate() {
            of_row[run.clone()].fill(number);
        }
        let begins: UInt32Array = runs.iter().map(|run| run.start as u32).collect();
        let first = |key: &ArrayRef| Ok(take(key, &begins, None)?);
        let mut columns = keys.iter().map(first).collect::<Result<Vec<_>>>()?;
        for aggregate in &mut self.aggregates {
            columns.extend(aggregate.states(batch, &of_row, runs.len())?);
        }
        let columns = columns.into_iter().map(unshared).collect();
        let schema = Arc::clone(&self.schema);
        let batch = RecordBatch::try_new(schema, columns)?;
        self.rows += runs.len();
        self.bytes += batch.get_array_memory_size();
        self.waiting.push(batch);
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.rows >= ROWS || self.bytes >= BYTES
    }

    /// What waits, as one batch.
    fn give(&mut self) -> Result<RecordBatch> {
        let whole = concat_batches(&self.schema, &self.waiting)?;
        self.waiting.clear();
        (self.rows, self.bytes) = (0, 0);
        Ok(whole)
    }
}

/// Texts of a few rows must not hold on to those of all rows of their files.
fn unshared(column: ArrayRef) -> ArrayRef {
    match column.data_type() {
        DataType::Utf8View => Arc::new(column.as_string_view().gc()),
        DataType::BinaryView => Arc::new(column.as_binary_view().gc()),
        _ => column,
    }
}

impl Aggregate {
    /// Its state for each of the runs.
    fn states(
        &mut self,
        batch: &RecordBatch,
        of_row: &[usize],
        runs: usize,
    ) -> Result<Vec<ArrayRef>> {
        let arguments = arrays(&self.arguments, batch)?;
        let filter = arrays(self.filter.as_slice(), batch)?;
        let filter: Option<&BooleanArray> = filter.first().map(|it| it.as_boolean());
        self.accumulator
            .update_batch(&arguments, of_row, filter, runs)?;
        self.accumulator.state(EmitTo::All)
    }
}

fn arrays(exprs: &[Arc<dyn PhysicalExpr>], batch: &RecordBatch) -> Result<Vec<ArrayRef>> {
    let rows = batch.num_rows();
    let array = |expr: &Arc<dyn PhysicalExpr>| expr.evaluate(batch)?.into_array(rows);
    exprs.iter().map(array).collect()
}
