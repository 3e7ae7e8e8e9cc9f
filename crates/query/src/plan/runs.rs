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
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode, aggregate_expressions};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning,
    PlanProperties,
};
use futures::{StreamExt, stream};

use crate::types::is_sorted_by;

/// Rows that are handed on together.
const ROWS: usize = 8_192;

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

fn has_runs(aggregate: &AggregateExec) -> bool {
    let groups = aggregate.group_expr();
    let schema = aggregate.input_schema();
    let is_sorted = |(expr, _): &(Arc<dyn PhysicalExpr>, String)| {
        let field = expr.return_field(&schema);
        expr.as_any().is::<Column>() && field.is_ok_and(|field| is_sorted_by(&field))
    };
    *aggregate.mode() == AggregateMode::Partial
        && aggregate.limit_options().is_none()
        && !groups.is_empty()
        && groups.is_single()
        && groups.expr().iter().all(is_sorted)
        && aggregate
            .aggr_expr()
            .iter()
            .all(|it| it.groups_accumulator_supported())
        && keeps_runs(aggregate.input())
}

/// Whether rows come in the order of the files.
fn keeps_runs(node: &Arc<dyn ExecutionPlan>) -> bool {
    let in_order = match node.name() {
        "DataSourceExec" => return true,
        "FilterExec"
        | "ProjectionExec"
        | "CoalesceBatchesExec"
        | "CooperativeExec"
        | "UnionExec" => true,
        // Batches go to the partitions as they are.
        "RepartitionExec" => {
            matches!(node.output_partitioning(), Partitioning::RoundRobinBatch(_))
        }
        _ => false,
    };
    in_order && node.children().into_iter().all(keeps_runs)
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
                if collapse.rows >= ROWS {
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
        let mut columns = keys
            .iter()
            .map(|key| take(key, &begins, None))
            .collect::<std::result::Result<Vec<_>, _>>()?;
        for aggregate in &mut self.aggregates {
            columns.extend(aggregate.states(batch, &of_row, runs.len())?);
        }
        self.rows += runs.len();
        let schema = Arc::clone(&self.schema);
        self.waiting.push(RecordBatch::try_new(schema, columns)?);
        Ok(())
    }

    /// What waits, as one batch.
    fn give(&mut self) -> Result<RecordBatch> {
        let whole = concat_batches(&self.schema, &self.waiting)?;
        self.waiting.clear();
        self.rows = 0;
        // Texts of a few rows must not hold on to those of all rows of their files.
        let own = |column: &ArrayRef| match column.data_type() {
            DataType::Utf8View => Arc::new(column.as_string_view().gc()) as ArrayRef,
            _ => Arc::clone(column),
        };
        let columns = whole.columns().iter().map(own).collect();
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
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
