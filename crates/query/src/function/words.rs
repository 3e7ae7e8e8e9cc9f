// SPDX-License-Identifier: Apache-2.0
//! Text functions of PostgreSQL that the engine lacks: `format`, `quote_literal`, `pg_typeof`; and
//! the bounds of arrays.

use std::any::Any;

use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::call::{Args, by_row, pure};
use crate::error::QueryError;
use crate::types::type_name;

pub(super) fn functions() -> Vec<ScalarUDF> {
    let some = |text: String| Ok(ScalarValue::Utf8(Some(text)));
    let bound = |upper: bool| {
        move |args: &Args<'_>| {
            let length = args.list_len(0).filter(|length| *length > 0);
            let value = if upper { length } else { length.map(|_| 1) };
            Ok(ScalarValue::Int64(
                value
                    .map(i64::from)
                    .filter(|_| args.int(1).is_none_or(|n| n == 1)),
            ))
        }
    };
    vec![
        by_row("format", DataType::Utf8, |args| match args.text(0) {
            Some(pattern) => Ok(ScalarValue::Utf8(Some(format(pattern, args)?))),
            None => Ok(ScalarValue::Utf8(None)),
        }),
        by_row("quote_literal", DataType::Utf8, |args| {
            Ok(ScalarValue::Utf8(
                args.any_text(0).map(|text| literal(&text)),
            ))
        }),
        by_row("quote_nullable", DataType::Utf8, move |args| {
            some(
                args.any_text(0)
                    .map_or_else(|| "NULL".into(), |text| literal(&text)),
            )
        }),
        pure("array_lower", DataType::Int64, bound(false)),
        pure("array_upper", DataType::Int64, bound(true)),
        ScalarUDF::new_from_impl(TypeOf::default()),
        by_row("_pg_expandarray", numbered(), |_| {
            ScalarValue::try_from(&numbered())
        }),
    ]
}

/// What `information_schema._pg_expandarray` makes of an index's columns; there are no indexes.
fn numbered() -> DataType {
    let number = |name| Field::new(name, DataType::Int64, true);
    DataType::Struct(vec![number("x"), number("n")].into())
}

fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    match quoted.contains('\\') {
        true => format!(" E'{}'", quoted.replace('\\', "\\\\")),
        false => format!("'{quoted}'"),
    }
}

/// A name as SQL needs it: quoted unless it is plain.
fn ident(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    match plain {
        true => text.to_owned(),
        false => format!("\"{}\"", text.replace('"', "\"\"")),
    }
}

/// `%s`, `%I` and `%L`, with positions as in `%2$s`, and `%%`; no widths.
fn format(pattern: &str, args: &Args<'_>) -> Result<String> {
    let wrong = |text: String| QueryError::state("22023", text);
    let (mut out, mut rest, mut next) = (String::new(), pattern, 1);
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        rest = after;
        if let Some(after) = rest.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let mut index = next;
        if digits > 0 && rest[digits..].starts_with('$') {
            index = rest[..digits].parse().unwrap_or(usize::MAX);
            rest = &rest[digits + 1..];
        }
        next = index.saturating_add(1);
        if !args.given(index) {
            return Err(wrong("too few arguments for format()".into()).into());
        }
        let value = args.any_text(index);
        let kind = rest.chars().next();
        match (kind, value) {
            (Some('s'), value) => out.push_str(&value.unwrap_or_default()),
            (Some('L'), value) => {
                out.push_str(&value.map_or_else(|| "NULL".into(), |text| literal(&text)));
            }
            (Some('I'), Some(value)) => out.push_str(&ident(&value)),
            (Some('I'), None) => {
                return Err(
                    wrong("null values cannot be formatted as an SQL identifier".into()).into(),
                );
            }
            (other, _) => {
                let kind = other.map(String::from).unwrap_or_default();
                return Err(
                    wrong(format!("unrecognized format() type specifier \"{kind}\"")).into(),
                );
            }
        }
        rest = &rest[1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// `pg_typeof(any)`: what PostgreSQL calls the type.
#[derive(Debug, PartialEq, Eq, Hash)]
struct TypeOf {
    signature: Signature,
}

impl Default for TypeOf {
    fn default() -> Self {
        Self {
            signature: Signature::any(1, Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for TypeOf {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn name(&self) -> &str {
        "pg_typeof"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let name = args.args.first().map(|arg| type_name(&arg.data_type()));
        Ok(ColumnarValue::Scalar(ScalarValue::Utf8(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting() {
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("a\\b"), " E'a\\\\b'");
        assert_eq!(ident("plain_1"), "plain_1");
        assert_eq!(ident("Two words"), "\"Two words\"");
        assert_eq!(ident("a\"b"), "\"a\"\"b\"");
    }
}
