// SPDX-License-Identifier: Apache-2.0
//! A bound on functions that make long values of short arguments, as `repeat('x', 1000000000)`
//! does. The engine does not count what functions allocate, so the size is told beforehand.

use std::any::Any;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, FieldRef, Int64Type, IntervalMonthDayNanoType, TimeUnit,
};
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};

use crate::error::QueryError;
use crate::runtime::stop;

/// How large the answer for one row is, in bytes, at most.
type Size = fn(&[ArrayRef], usize) -> u64;

/// The functions by name.
fn size_of(name: &str) -> Option<Size> {
    Some(match name {
        "repeat" => |args, row| len(args, 0, row).saturating_mul(int(args, 1, row)),
        "lpad" | "rpad" => |args, row| int(args, 1, row).saturating_mul(4),
        "replace" => |args, row| {
            let found = len(args, 0, row) / len(args, 1, row).max(1);
            len(args, 0, row).saturating_add(found.saturating_mul(len(args, 2, row)))
        },
        // Growth that nests: each step is bounded, however often it is repeated.
        "concat" | "concat_ws" | "textcat" | "make_array" | "array_concat" | "array_append"
        | "array_prepend" | "named_struct" | "struct" => {
            |args, row| {
                let texts = (0..args.len()).map(|index| weight(args, index, row));
                // A separator stands between any two.
                texts
                    .fold(0, u64::saturating_add)
                    .saturating_add(len(args, 0, row).saturating_mul(args.len() as u64))
            }
        }
        "encode" | "string_to_array" | "upper" | "lower" | "reverse" | "translate" | "initcap"
        | "overlay" => |args, row| {
            let texts = (0..args.len()).map(|index| weight(args, index, row));
            texts.fold(0, u64::saturating_add).saturating_mul(4)
        },
        "regexp_replace" => |args, row| {
            let places = len(args, 0, row).saturating_add(1);
            let each = len(args, 2, row).saturating_mul(places);
            len(args, 0, row).saturating_add(each)
        },
        "array_to_string" => |args, row| {
            let items = weight(args, 0, row);
            items.saturating_add((items / 8 + 1).saturating_mul(len(args, 1, row)))
        },
        "format" => |args, row| {
            let longest = (1..args.len()).map(|index| weight(args, index, row)).max();
            let places = len(args, 0, row) / 2;
            len(args, 0, row).saturating_add(places.saturating_mul(longest.unwrap_or(0)))
        },
        "array_repeat" => |args, row| int(args, 1, row).saturating_mul(len(args, 0, row).max(16)),
        "array_resize" => |args, row| int(args, 1, row).saturating_mul(16),
        "range" | "generate_series" => |args, row| {
            let (from, to) = match args.len() {
                0 | 1 => (0, int_at(args, 0, row)),
                _ => (int_at(args, 0, row), int_at(args, 1, row)),
            };
            let steps = from.abs_diff(to).checked_div(step(args, row)).unwrap_or(0);
            steps.saturating_mul(8)
        },
        _ => return None,
    })
}

/// Puts the bound around those of `functions` that need it.
pub(crate) fn bound(functions: &mut [Arc<ScalarUDF>], bytes_max: usize) {
    for function in functions {
        if let Some(size) = size_of(function.name()) {
            let inner = Arc::clone(function);
            *function = Arc::new(ScalarUDF::new_from_impl(Bounded {
                inner,
                size,
                bytes_max,
            }));
        }
    }
}

/// The third argument of a series, in the unit of the first two: a number, or nanoseconds.
fn step(args: &[ArrayRef], row: usize) -> u64 {
    let Some(step) = args.get(2) else { return 1 };
    match step.as_primitive_opt::<IntervalMonthDayNanoType>() {
        Some(step) if step.is_valid(row) => {
            let step = step.value(row);
            let days = i64::from(step.months) * 28 + i64::from(step.days);
            let nanos = days
                .saturating_mul(86_400_000_000_000)
                .saturating_add(step.nanoseconds);
            nanos.unsigned_abs()
        }
        _ => int_at(args, 2, row).unsigned_abs(),
    }
}

/// A whole number, or a time in nanoseconds; 0 for what is neither.
fn int_at(args: &[ArrayRef], index: usize, row: usize) -> i64 {
    let Some(array) = args.get(index) else {
        return 0;
    };
    let array = match array.data_type() {
        kind if kind.is_temporal() => cast(array, &DataType::Timestamp(TimeUnit::Nanosecond, None))
            .and_then(|times| cast(&times, &DataType::Int64)),
        _ => cast(array, &DataType::Int64),
    };
    let Ok(array) = array else { return 0 };
    let array = array.as_primitive::<Int64Type>();
    if array.is_valid(row) {
        array.value(row)
    } else {
        0
    }
}

/// A count: 0 for what is negative.
fn int(args: &[ArrayRef], index: usize, row: usize) -> u64 {
    u64::try_from(int_at(args, index, row)).unwrap_or(0)
}

/// The bytes of a text or of bytes, 0 for what is neither.
fn len(args: &[ArrayRef], index: usize, row: usize) -> u64 {
    let Some(array) = args.get(index) else {
        return 0;
    };
    if array.is_null(row) {
        return 0;
    }
    let bytes = match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).len(),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row).len(),
        DataType::Utf8View => array.as_string_view().value(row).len(),
        DataType::Binary => array.as_binary::<i32>().value(row).len(),
        DataType::LargeBinary => array.as_binary::<i64>().value(row).len(),
        DataType::BinaryView => array.as_binary_view().value(row).len(),
        _ => 0,
    };
    bytes as u64
}

/// The bytes of a text, or about those of a list.
fn weight(args: &[ArrayRef], index: usize, row: usize) -> u64 {
    let Some(array) = args.get(index) else {
        return 0;
    };
    match array.data_type() {
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => {
            let part = array.slice(row, 1);
            let list = match part.as_list_opt::<i32>() {
                Some(list) => list.value(0).get_array_memory_size(),
                None => part.get_array_memory_size(),
            };
            // A slice is as large as what it is of: the items count, if that is less.
            let items = part.as_list_opt::<i32>().map(|list| list.value_length(0));
            let items = items
                .and_then(|items| u64::try_from(items).ok())
                .unwrap_or(0);
            (list as u64)
                .min(items.saturating_mul(ITEM_BYTES))
                .max(items.saturating_mul(8))
        }
        _ => len(args, index, row).max(16),
    }
}

/// Constants that are worked out while planning, at most: as long as a statement may be.
const CONSTANT_BYTES_MAX: usize = 256 << 10;

/// What an item of a list is taken for.
const ITEM_BYTES: u64 = 64;

/// `||` on texts, bounded.
pub(crate) fn concat(bytes_max: usize) -> Arc<ScalarUDF> {
    let mut one = [Arc::new(ScalarUDF::new_from_impl(
        super::concat::Concat::default(),
    ))];
    bound(&mut one, bytes_max);
    let [one] = one;
    one
}

#[derive(Debug)]
struct Bounded {
    inner: Arc<ScalarUDF>,
    size: Size,
    bytes_max: usize,
}

impl PartialEq for Bounded {
    fn eq(&self, other: &Self) -> bool {
        self.inner == other.inner
    }
}

impl Eq for Bounded {}

impl std::hash::Hash for Bounded {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.inner.hash(state);
    }
}

impl ScalarUDFImpl for Bounded {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        self.inner.return_type(arguments)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(arguments)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = args
            .args
            .iter()
            .map(|a| a.to_array(args.number_rows))
            .collect::<Result<Vec<_>>>()?;
        let size = self.size;
        let bytes =
            (0..args.number_rows).fold(0_u64, |sum, row| sum.saturating_add(size(&arrays, row)));
        // What is made of constants while planning would be copied with the plan, and named in it:
        // what is large is better made when rows are.
        let max = match stop::is_planning() {
            true => self.bytes_max.min(CONSTANT_BYTES_MAX),
            false => self.bytes_max,
        };
        if bytes > max as u64 {
            let name = self.name();
            let text = format!("{name} would make more than {max} bytes (function_bytes_max)");
            return Err(QueryError::limit("54000", text).into());
        }
        self.inner.invoke_with_args(args)
    }
}
