// SPDX-License-Identifier: Apache-2.0
//! Types of parameters: what the query tells, what their places tell, what the client told.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::expr::Placeholder;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan};

use crate::answer::columns::told_type;
use crate::error::QueryError;

type Found = HashMap<String, Option<DataType>>;

/// The plan with all that is known put in, and the types of its parameters in order: as many as
/// the greatest number behind a `$`.
pub(super) fn resolve(
    plan: LogicalPlan,
    told: &[Option<DataType>],
) -> Result<(LogicalPlan, Vec<Option<DataType>>), QueryError> {
    let mut found = plan.get_parameter_types()?;
    if found.values().all(Option::is_some) {
        return Ok((plan, in_order(&found)?));
    }
    by_place(&plan, &mut found)?;
    for (index, told) in told.iter().enumerate() {
        if let Some(unknown @ None) = found.get_mut(&format!("${}", index + 1)) {
            unknown.clone_from(told);
        }
    }
    // What nobody tells is text, as an untyped literal is.
    found
        .values_mut()
        .for_each(|known| *known = known.take().or(Some(DataType::Utf8)));
    let plan = put_in(plan, &found)?;
    Ok((plan, in_order(&found)?))
}

fn in_order(found: &Found) -> Result<Vec<Option<DataType>>, QueryError> {
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
        types[number - 1] = data_type.as_ref().map(told_type);
    }
    Ok(types)
}

/// `$1::timestamptz`, `LIMIT $1` and `x = ANY($1)` tell types that the engine itself does not read
/// from them.
fn by_place(plan: &LogicalPlan, found: &mut Found) -> Result<(), QueryError> {
    let mut tell = |placeholder: &Placeholder, data_type: DataType| {
        if let Some(unknown @ None) = found.get_mut(&placeholder.id) {
            *unknown = Some(data_type);
        }
    };
    plan.apply_with_subqueries(|node| {
        let mut schema = DFSchema::empty();
        node.inputs()
            .iter()
            .for_each(|input| schema.merge(input.schema()));
        for expr in node.expressions() {
            if let (LogicalPlan::Limit(_), Expr::Placeholder(placeholder)) = (node, &expr) {
                tell(placeholder, DataType::Int64);
            }
            expr.apply(|part| {
                match part {
                    Expr::Cast(cast) => {
                        if let Expr::Placeholder(placeholder) = cast.expr.as_ref() {
                            tell(placeholder, cast.data_type.clone());
                        }
                    }
                    Expr::ScalarFunction(call) if call.name() == "array_has" => {
                        if let [Expr::Placeholder(list), item] = call.args.as_slice()
                            && let Ok(item) = item.get_type(&schema)
                        {
                            let item = Field::new_list_field(item, true);
                            tell(list, DataType::List(Arc::new(item)));
                        }
                    }
                    _ => {}
                }
                Ok(TreeNodeRecursion::Continue)
            })?;
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(())
}

/// Gives the parameters their types, so that the answer's columns have theirs.
fn put_in(plan: LogicalPlan, found: &Found) -> Result<LogicalPlan, QueryError> {
    let typed = |expr: Expr| {
        expr.transform(|part| {
            Ok(match part {
                Expr::Placeholder(Placeholder { id, field: None }) => {
                    let known = found.get(&id).cloned().flatten();
                    let field = known.map(|known| Arc::new(Field::new("", known, true)));
                    let changed = field.is_some();
                    let part = Expr::Placeholder(Placeholder { id, field });
                    if changed {
                        Transformed::yes(part)
                    } else {
                        Transformed::no(part)
                    }
                }
                other => Transformed::no(other),
            })
        })
    };
    let plan = plan.transform_up_with_subqueries(|node| {
        let node = node.map_expressions(typed)?;
        if node.transformed {
            node.map_data(LogicalPlan::recompute_schema)
        } else {
            Ok(node)
        }
    })?;
    Ok(plan.data)
}
