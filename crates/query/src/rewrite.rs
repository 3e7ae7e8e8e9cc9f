// SPDX-License-Identifier: Apache-2.0
//! What only the types tell: `||` becomes a function whose answers are bounded, operators on whole
//! numbers are checked for overflow, and a time in text is read without its seconds where it meets
//! a time.

mod arithmetic;

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::expr_rewriter::FunctionRewrite;
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, Operator, ScalarUDF};

use crate::runtime::stop;
use crate::statement::with_seconds;

pub(crate) use arithmetic::Arithmetic;

/// The rewriting of a session's expressions.
#[derive(Debug)]
pub(crate) struct Rewrite {
    /// Puts two texts together.
    pub concat: Arc<ScalarUDF>,
}

impl FunctionRewrite for Rewrite {
    fn name(&self) -> &str {
        "postgresql"
    }

    fn rewrite(
        &self,
        expr: Expr,
        schema: &DFSchema,
        _: &ConfigOptions,
    ) -> Result<Transformed<Expr>> {
        stop::if_alone()?;
        let is_time = |expr: &Expr| {
            let kind = expr.get_type(schema);
            matches!(kind, Ok(DataType::Timestamp(..)))
        };
        Ok(match expr {
            Expr::BinaryExpr(BinaryExpr {
                left,
                op: Operator::StringConcat,
                right,
            }) => {
                let call = ScalarFunction::new_udf(Arc::clone(&self.concat), vec![*left, *right]);
                Transformed::yes(Expr::ScalarFunction(call))
            }
            Expr::BinaryExpr(mut binary) if binary.op.supports_propagation() => {
                let changed = match (is_time(&binary.left), is_time(&binary.right)) {
                    (true, false) => read(&mut binary.right),
                    (false, true) => read(&mut binary.left),
                    _ => false,
                };
                told(Expr::BinaryExpr(binary), changed)
            }
            Expr::Between(mut between) if is_time(&between.expr) => {
                let (low, high) = (read(&mut between.low), read(&mut between.high));
                told(Expr::Between(between), low || high)
            }
            Expr::InList(mut list) if is_time(&list.expr) => {
                let changed = list.list.iter_mut().map(read).filter(|read| *read).count() > 0;
                told(Expr::InList(list), changed)
            }
            other => {
                let (expr, changed) = Arithmetic.checked(other, schema);
                told(expr, changed)
            }
        })
    }
}

fn told(expr: Expr, changed: bool) -> Transformed<Expr> {
    match changed {
        true => Transformed::yes(expr),
        false => Transformed::no(expr),
    }
}

/// Puts seconds into a time that is text and has none.
fn read(expr: &mut Expr) -> bool {
    match expr {
        Expr::Literal(ScalarValue::Utf8(Some(text)), _) => {
            let before = text.len();
            with_seconds(text);
            text.len() != before
        }
        _ => false,
    }
}
