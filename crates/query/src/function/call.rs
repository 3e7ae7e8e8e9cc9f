// SPDX-License-Identifier: Apache-2.0
//! Two small kinds of functions: one that answers each row from its arguments, and one that
//! answers always the same.

use std::any::Any;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature,
    Volatility,
};

/// What a row gives: its arguments, any of them NULL.
pub(super) struct Args<'a> {
    columns: &'a [ArrayRef],
    row: usize,
}

impl Args<'_> {
    /// An argument as text; `None` if it is NULL or not given.
    pub(super) fn text(&self, index: usize) -> Option<&str> {
        let column = self.columns.get(index)?.as_string_opt::<i32>()?;
        column.is_valid(self.row).then(|| column.value(self.row))
    }

    /// Whether there is an argument of this number, NULL or not.
    pub(super) fn given(&self, index: usize) -> bool {
        index < self.columns.len()
    }

    /// An argument as text, whatever it is.
    pub(super) fn any_text(&self, index: usize) -> Option<String> {
        let column = self.columns.get(index)?;
        if column.is_null(self.row) {
            return None;
        }
        array_value_to_string(column, self.row).ok()
    }

    /// How many items an argument that is a list has.
    pub(super) fn list_len(&self, index: usize) -> Option<i32> {
        let column = self.columns.get(index)?.as_list_opt::<i32>()?;
        column
            .is_valid(self.row)
            .then(|| column.value_length(self.row))
    }

    /// An argument as a whole number; `None` if it is NULL or not given.
    pub(super) fn int(&self, index: usize) -> Option<i64> {
        let column = self.columns.get(index)?.as_primitive_opt::<Int64Type>()?;
        column.is_valid(self.row).then(|| column.value(self.row))
    }
}

type Body = dyn Fn(&Args<'_>) -> Result<ScalarValue> + Send + Sync;

/// A function of any number of arguments; numbers reach it as 64-bit, all else as text.
struct Call {
    name: &'static str,
    returns: DataType,
    signature: Signature,
    body: Box<Body>,
}

/// A function that asks `body` for each row.
pub(super) fn by_row(
    name: &'static str,
    returns: DataType,
    body: impl Fn(&Args<'_>) -> Result<ScalarValue> + Send + Sync + 'static,
) -> ScalarUDF {
    let any = vec![TypeSignature::Nullary, TypeSignature::VariadicAny];
    // Volatile, because what sessions tell of themselves may change between two runs of one plan.
    let signature = Signature::one_of(any, Volatility::Volatile);
    ScalarUDF::new_from_impl(Call {
        name,
        returns,
        signature,
        body: Box::new(body),
    })
}

/// A function whose answer depends on its arguments alone: of constants it is a constant.
pub(super) fn pure(
    name: &'static str,
    returns: DataType,
    body: impl Fn(&Args<'_>) -> Result<ScalarValue> + Send + Sync + 'static,
) -> ScalarUDF {
    let signature = Signature::variadic_any(Volatility::Immutable);
    ScalarUDF::new_from_impl(Call {
        name,
        returns,
        signature,
        body: Box::new(body),
    })
}

/// A function that ignores its arguments.
pub(super) fn always(name: &'static str, value: ScalarValue) -> ScalarUDF {
    by_row(name, value.data_type(), move |_| Ok(value.clone()))
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Call {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Call {}

impl Hash for Call {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Call {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(self.returns.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let scalar = args
            .args
            .iter()
            .all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if scalar { 1 } else { args.number_rows };
        let columns = args
            .args
            .iter()
            .map(|arg| column(arg, rows))
            .collect::<Result<Vec<_>>>()?;
        let answer = |row| {
            (self.body)(&Args {
                columns: &columns,
                row,
            })
        };
        if scalar {
            return Ok(ColumnarValue::Scalar(answer(0)?));
        }
        if rows == 0 {
            let empty = datafusion::arrow::array::new_empty_array(&self.returns);
            return Ok(ColumnarValue::Array(empty));
        }
        let values = (0..rows).map(answer).collect::<Result<Vec<_>>>()?;
        Ok(ColumnarValue::Array(ScalarValue::iter_to_array(values)?))
    }
}

fn column(arg: &ColumnarValue, rows: usize) -> Result<ArrayRef> {
    let array = arg.to_array(rows)?;
    let to = match array.data_type() {
        kind if kind.is_integer() => DataType::Int64,
        DataType::Boolean | DataType::List(_) => return Ok(array),
        _ => DataType::Utf8,
    };
    Ok(cast(&array, &to).unwrap_or_else(|_| Arc::clone(&array)))
}
