// SPDX-License-Identifier: Apache-2.0
//! Operators on whole numbers become functions that check for overflow: where SQL is read, as far
//! as the types are known there, and once more when values are in the places of parameters.

use std::sync::Arc;

use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, Operator, ScalarUDF};
use datafusion::sql::sqlparser::ast::BinaryOperator;

use crate::function::{Checked, Op};

/// The change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arithmetic;

impl Arithmetic {
    /// The expression with its outermost operator checked, if it is one on whole numbers.
    pub(super) fn checked(self, expr: Expr, schema: &DFSchema) -> (Expr, bool) {
        match expr {
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => match Op::of(op) {
                Some(checked) if is_whole(&left, schema) && is_whole(&right, schema) => {
                    (call(checked, vec![*left, *right]), true)
                }
                _ => (Expr::BinaryExpr(BinaryExpr { left, op, right }), false),
            },
            Expr::Negative(of) if is_whole(&of, schema) => (call(Op::Negate, vec![*of]), true),
            other => (other, false),
        }
    }
}

fn call(op: Op, args: Vec<Expr>) -> Expr {
    let function = ScalarUDF::new_from_impl(Checked::new(op, &args));
    Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(function), args))
}

/// Whether it is a whole number. Long sums are deep: what has been checked is not looked into again.
fn is_whole(expr: &Expr, schema: &DFSchema) -> bool {
    match expr {
        Expr::ScalarFunction(call) if call.func.inner().as_any().is::<Checked>() => true,
        other => other.get_type(schema).is_ok_and(|kind| kind.is_integer()),
    }
}

impl ExprPlanner for Arithmetic {
    fn plan_binary_op(
        &self,
        raw: RawBinaryExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawBinaryExpr>> {
        let op = match raw.op {
            BinaryOperator::Plus => Operator::Plus,
            BinaryOperator::Minus => Operator::Minus,
            BinaryOperator::Multiply => Operator::Multiply,
            BinaryOperator::Divide => Operator::Divide,
            BinaryOperator::Modulo => Operator::Modulo,
            _ => return Ok(PlannerResult::Original(raw)),
        };
        if !is_whole(&raw.left, schema) || !is_whole(&raw.right, schema) {
            return Ok(PlannerResult::Original(raw));
        }
        let (left, right) = (Box::new(raw.left), Box::new(raw.right));
        let plain = Expr::BinaryExpr(BinaryExpr { left, op, right });
        Ok(PlannerResult::Planned(self.checked(plain, schema).0))
    }
}
