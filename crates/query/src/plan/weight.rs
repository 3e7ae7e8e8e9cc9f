// SPDX-License-Identifier: Apache-2.0
//! A bound on expressions once those of subqueries are put in place of their columns. Planning does
//! that when it moves a condition down, and `x + x` over `x + x` doubles at each level: a short
//! text can make an expression that no machine holds.

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, DataFusionError};
use datafusion::logical_expr::{Expr, LogicalPlan};

use crate::error::QueryError;
use crate::runtime::stop;

/// Parts of one expression, with those of the columns it reads.
const PARTS_MAX: u64 = 5_000;
/// Parts of all expressions of a statement, counted in the same way.
const ALL_PARTS_MAX: u64 = 100_000;

/// # Errors
/// `54001` if an expression, or all together, would be too large.
pub(super) fn check(plan: &LogicalPlan) -> Result<(), QueryError> {
    columns(plan, &mut 0).map(|_| ())
}

fn too_complex(max: u64, what: &str) -> QueryError {
    let text = format!(
        "the statement is too complex: {what} more than {max} parts when subqueries are put in \
         place of their columns"
    );
    QueryError::limit("54001", text)
}

/// The weight of each column of a plan's answer; `all` is what has been counted.
fn columns(plan: &LogicalPlan, all: &mut u64) -> Result<Vec<u64>, QueryError> {
    stop::if_alone()?;
    let mut inputs = Vec::new();
    for input in plan.inputs() {
        inputs.push((input.schema(), columns(input, all)?));
    }
    inside(plan, all)?;
    let mut known = |expr: &Expr| weight(expr, &inputs, all);
    let mut told = match plan {
        LogicalPlan::Projection(projection) => projection
            .expr
            .iter()
            .map(&mut known)
            .collect::<Result<Vec<_>, _>>()?,
        LogicalPlan::Aggregate(aggregate) => {
            aggregate
                .aggr_expr
                .iter()
                .try_for_each(|expr| known(expr).map(drop))?;
            aggregate
                .group_expr
                .iter()
                .map(&mut known)
                .collect::<Result<Vec<_>, _>>()?
        }
        LogicalPlan::Union(_) => {
            let width = plan.schema().fields().len();
            let of = |column: usize| inputs.iter().filter_map(move |(_, own)| own.get(column));
            (0..width)
                .map(|column| of(column).copied().max().unwrap_or(1))
                .collect()
        }
        LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Subquery(_)
        | LogicalPlan::Filter(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Limit(_)
        | LogicalPlan::Distinct(_)
        | LogicalPlan::Repartition(_)
        | LogicalPlan::Join(_)
        | LogicalPlan::Window(_) => {
            plan.expressions()
                .iter()
                .try_for_each(|expr| known(expr).map(drop))?;
            inputs
                .iter()
                .flat_map(|(_, own)| own.iter().copied())
                .collect()
        }
        _ => Vec::new(),
    };
    // What a node makes itself, as an aggregate does, is opaque to what is above it.
    told.resize(plan.schema().fields().len(), 1);
    Ok(told)
}

/// Counts the subqueries that stand in expressions.
fn inside(plan: &LogicalPlan, all: &mut u64) -> Result<(), QueryError> {
    plan.apply_subqueries(|subquery| {
        columns(subquery, all).map_err(DataFusionError::from)?;
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(())
}

fn weight(
    expr: &Expr,
    inputs: &[(&datafusion::common::DFSchemaRef, Vec<u64>)],
    all: &mut u64,
) -> Result<u64, QueryError> {
    let mut sum: u64 = 0;
    expr.apply(|part| {
        let own = match part {
            Expr::Column(column) => {
                let found = inputs.iter().find_map(|(schema, own)| {
                    let schema: &DFSchema = schema;
                    own.get(schema.maybe_index_of_column(column)?).copied()
                });
                found.unwrap_or(1)
            }
            _ => 1,
        };
        sum = sum.saturating_add(own);
        Ok(match sum > PARTS_MAX {
            true => TreeNodeRecursion::Stop,
            false => TreeNodeRecursion::Continue,
        })
    })?;
    if sum > PARTS_MAX {
        return Err(too_complex(PARTS_MAX, "an expression has"));
    }
    // A column that is only passed on stands in no more places than before.
    if !matches!(expr, Expr::Column(_)) {
        *all = all.saturating_add(sum);
    }
    match *all > ALL_PARTS_MAX {
        true => Err(too_complex(ALL_PARTS_MAX, "its expressions have")),
        false => Ok(sum),
    }
}
