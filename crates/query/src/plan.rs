// SPDX-License-Identifier: Apache-2.0
//! A planned query: what it answers, what values it wants, and the plan with values in place.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{ParamValues, ScalarValue};
use datafusion::logical_expr::{Expr, LogicalPlan};

use crate::error::QueryError;

/// A query that can be run many times; each run reads what is there then.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    plan: Arc<LogicalPlan>,
    /// The columns of the answer.
    pub schema: SchemaRef,
    /// The types of `$1`, `$2`, …, as far as the query tells.
    pub parameters: Vec<Option<DataType>>,
}

impl Planned {
    pub(crate) fn new(plan: LogicalPlan) -> Result<Self, QueryError> {
        let parameters = parameters(&plan)?;
        let schema = Arc::clone(plan.schema().inner());
        Ok(Self {
            plan: Arc::new(plan),
            schema,
            parameters,
        })
    }

    /// The plan with values in the places of its parameters.
    ///
    /// # Errors
    /// `Invalid` if there are more or fewer values than parameters, or of types that don't fit.
    pub(crate) fn bind(&self, values: Vec<ScalarValue>) -> Result<LogicalPlan, QueryError> {
        if self.parameters.len() != values.len() {
            return Err(QueryError::params(self.parameters.len(), values.len()));
        }
        let plan = LogicalPlan::clone(&self.plan);
        if values.is_empty() {
            return Ok(plan);
        }
        Ok(plan.replace_params_with_values(&ParamValues::from(values))?)
    }
}

/// The types of the parameters, in order: as many as the greatest number behind a `$`.
fn parameters(plan: &LogicalPlan) -> Result<Vec<Option<DataType>>, QueryError> {
    let mut found = plan.get_parameter_types()?;
    if found.values().any(Option::is_none) {
        told_by_place(plan, &mut found)?;
    }
    let mut types = Vec::new();
    for (name, data_type) in found {
        let number = name
            .strip_prefix('$')
            .and_then(|digits| digits.parse::<usize>().ok());
        let Some(number @ 1..=65_535) = number else {
            let text = format!("{name} is not a parameter: those are $1, $2, …");
            return Err(QueryError::invalid(text));
        };
        if types.len() < number {
            types.resize(number, None);
        }
        types[number - 1] = data_type;
    }
    Ok(types)
}

/// `$1::timestamptz` and `LIMIT $1` tell types that the engine itself does not read from them.
fn told_by_place(
    plan: &LogicalPlan,
    found: &mut HashMap<String, Option<DataType>>,
) -> Result<(), QueryError> {
    plan.apply_with_subqueries(|node| {
        for expr in node.expressions() {
            if let (LogicalPlan::Limit(_), Expr::Placeholder(placeholder)) = (node, &expr)
                && let Some(unknown @ None) = found.get_mut(&placeholder.id)
            {
                *unknown = Some(DataType::Int64);
            }
            expr.apply(|part| {
                if let Expr::Cast(cast) = part
                    && let Expr::Placeholder(placeholder) = cast.expr.as_ref()
                    && let Some(unknown @ None) = found.get_mut(&placeholder.id)
                {
                    *unknown = Some(cast.data_type.clone());
                }
                Ok(TreeNodeRecursion::Continue)
            })?;
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(())
}
