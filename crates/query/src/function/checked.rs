// SPDX-License-Identifier: Apache-2.0
//! Arithmetic on whole numbers that never wraps: what leaves its type is an error, as in
//! PostgreSQL. The engine's own operators wrap, and its setting against that reaches only checks
//! that another dialect has; so operators on whole numbers become these functions.
//!
//! The engine's unsigned numbers count as what answers tell them to be: `row_number() - 2` is a
//! bigint, and may be negative.

use std::any::Any;
use std::hash::{DefaultHasher, Hash, Hasher};

use datafusion::arrow::compute::kernels::numeric;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::error::ArrowError;
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, Expr, Operator, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::physical_expr_common::datum::apply;

use crate::answer::columns::told_type;
use crate::error::QueryError;
use crate::types::type_name;

/// Of an operand's name, within that of a column.
const NAME_BYTES_MAX: usize = 64;

/// One of the operators, in one place of a statement.
#[derive(Debug)]
pub(crate) struct Checked {
    op: Op,
    signature: Signature,
    name: String,
}

/// Two are the same that do the same to the same arguments.
impl PartialEq for Checked {
    fn eq(&self, other: &Self) -> bool {
        self.op == other.op
    }
}

impl Eq for Checked {}

impl Hash for Checked {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.op.hash(state);
    }
}

/// What it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Op {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Negate,
}

impl Op {
    /// What stands for an operator between two whole numbers.
    pub(crate) fn of(operator: Operator) -> Option<Op> {
        Some(match operator {
            Operator::Plus => Op::Add,
            Operator::Minus => Op::Subtract,
            Operator::Multiply => Op::Multiply,
            Operator::Divide => Op::Divide,
            Operator::Modulo => Op::Modulo,
            _ => return None,
        })
    }

    fn sign(self) -> &'static str {
        match self {
            Op::Add => "+",
            Op::Subtract | Op::Negate => "-",
            Op::Multiply => "*",
            Op::Divide => "/",
            Op::Modulo => "%",
        }
    }
}

impl Checked {
    /// The operator on `args`.
    pub(crate) fn new(op: Op, args: &[Expr]) -> Self {
        let sign = op.sign();
        // The engine asks for names at each level of an expression, again and again: what is inside
        // of a long sum must not be gone through each time.
        let name = match args {
            [one] => format!("(- {})", brief(one)),
            [left, right] => format!("{} {sign} {}", brief(left), brief(right)),
            _ => sign.to_owned(),
        };
        Self {
            op,
            signature: Signature::user_defined(Volatility::Immutable),
            name,
        }
    }
}

/// A name for what is inside: a long one is cut, with a hash so that no two are the same.
fn brief(expr: &Expr) -> String {
    let name = expr.schema_name().to_string();
    if name.len() <= NAME_BYTES_MAX {
        return name;
    }
    let mut hash = DefaultHasher::new();
    name.hash(&mut hash);
    format!("(… #{:016x})", hash.finish())
}

/// The signed type that holds whole numbers of all these types; `None` if one is no whole number.
fn common(kinds: &[DataType]) -> Option<DataType> {
    let mut widest = DataType::Int16;
    for kind in kinds {
        widest = match (told_type(kind), widest) {
            (DataType::Int64, _) | (DataType::Int16 | DataType::Int32, DataType::Int64) => {
                DataType::Int64
            }
            (DataType::Int32, _) | (DataType::Int16, DataType::Int32) => DataType::Int32,
            (DataType::Int16, _) => DataType::Int16,
            _ => return None,
        };
    }
    Some(widest)
}

/// A value outside of a type.
pub(crate) fn out_of_range(kind: &DataType) -> QueryError {
    QueryError::state("22003", format!("{} out of range", type_name(kind)))
}

impl ScalarUDFImpl for Checked {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn name(&self) -> &str {
        match self.op {
            Op::Add => "int_add",
            Op::Subtract => "int_subtract",
            Op::Multiply => "int_multiply",
            Op::Divide => "int_divide",
            Op::Modulo => "int_modulo",
            Op::Negate => "int_negate",
        }
    }

    fn display_name(&self, args: &[Expr]) -> Result<String> {
        let sign = self.op.sign();
        Ok(match args {
            [one] => format!("(- {one})"),
            [left, right] => format!("{left} {sign} {right}"),
            _ => sign.to_owned(),
        })
    }

    fn schema_name(&self, _: &[Expr]) -> Result<String> {
        Ok(self.name.clone())
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, kinds: &[DataType]) -> Result<Vec<DataType>> {
        let common = self.return_type(kinds)?;
        Ok(vec![common; kinds.len()])
    }

    fn return_type(&self, kinds: &[DataType]) -> Result<DataType> {
        common(kinds).ok_or_else(|| {
            let text = format!("{} is for whole numbers", self.name());
            DataFusionError::Plan(text)
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        self.op.on(&args.args, args.return_field.data_type())
    }
}

impl Op {
    /// The answer to values that are of the type `kind`.
    fn on(self, values: &[ColumnarValue], kind: &DataType) -> Result<ColumnarValue> {
        let done = match (self, values) {
            (Op::Negate, [one]) => negate(one),
            (Op::Add, [left, right]) => apply(left, right, numeric::add),
            (Op::Subtract, [left, right]) => apply(left, right, numeric::sub),
            (Op::Multiply, [left, right]) => apply(left, right, numeric::mul),
            (Op::Divide, [left, right]) => apply(left, right, numeric::div),
            (Op::Modulo, [left, right]) => apply(left, right, numeric::rem),
            _ => {
                let text = format!("`{}` has other arguments", self.sign());
                return Err(DataFusionError::Plan(text));
            }
        };
        done.map_err(|error| match error.find_root() {
            DataFusionError::ArrowError(inner, _)
                if matches!(**inner, ArrowError::ArithmeticOverflow(_)) =>
            {
                out_of_range(kind).into()
            }
            _ => error,
        })
    }
}

fn negate(value: &ColumnarValue) -> Result<ColumnarValue> {
    Ok(match value {
        ColumnarValue::Array(array) => ColumnarValue::Array(numeric::neg(array)?),
        ColumnarValue::Scalar(scalar) => {
            let array = numeric::neg(&scalar.to_array()?)?;
            ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_type_holds_both() {
        use DataType::*;
        for (kinds, want) in [
            (vec![Int64, Int32], Some(Int64)),
            (vec![Int16, Int64], Some(Int64)),
            (vec![Int32, Int16], Some(Int32)),
            (vec![UInt64, Int32], Some(Int64)),
            (vec![UInt8, UInt16], Some(Int32)),
            (vec![Int8], Some(Int16)),
            (vec![Int64, Float64], None),
            (vec![Null, Int64], None),
        ] {
            assert_eq!(common(&kinds), want, "{kinds:?}");
        }
    }
}
