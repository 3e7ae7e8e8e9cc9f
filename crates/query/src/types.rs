// SPDX-License-Identifier: Apache-2.0
//! Types of columns: from a table's spec to Arrow, and from Arrow to the words PostgreSQL has.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, IntervalUnit, Schema, SchemaRef, TimeUnit};
use hw_kernel::port::tables::{ColumnKind, TableSpec};

/// The time zone of stored times, as Iceberg writes it into Parquet.
pub(crate) const UTC: &str = "+00:00";

/// The Arrow type that a column is read as.
pub(crate) fn arrow_type(kind: ColumnKind) -> DataType {
    match kind {
        ColumnKind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
        // Views: short texts are compared and grouped without following a pointer, and those of a
        // dictionary are not copied.
        ColumnKind::Text => DataType::Utf8View,
        ColumnKind::Double => DataType::Float64,
        ColumnKind::Int => DataType::Int32,
        ColumnKind::Long => DataType::Int64,
        ColumnKind::Bool => DataType::Boolean,
        ColumnKind::Bytes => DataType::Binary,
    }
}

/// The schema of a table. Every field may be NULL, whatever the spec says, because a file that is
/// older than a column has none of it.
pub(crate) fn arrow_schema(spec: &TableSpec) -> SchemaRef {
    let fields: Vec<Field> = spec
        .columns
        .iter()
        .map(|c| Field::new(c.name, arrow_type(c.kind), true))
        .collect();
    Arc::new(Schema::new(fields))
}

/// What PostgreSQL knows of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PgType {
    /// `pg_type.oid`.
    pub oid: i32,
    /// `pg_type.typname`, as in `timestamptz`.
    pub short: &'static str,
    /// What `format_type` and people call it, as in `timestamp with time zone`.
    pub name: &'static str,
    /// Bytes, −1 if they vary.
    pub len: i16,
}

const fn pg(oid: i32, short: &'static str, name: &'static str, len: i16) -> PgType {
    PgType {
        oid,
        short,
        name,
        len,
    }
}

/// The type of a stored column.
pub(crate) fn pg_type(kind: ColumnKind) -> PgType {
    match kind {
        ColumnKind::Time => pg(1184, "timestamptz", "timestamp with time zone", 8),
        ColumnKind::Text => pg(25, "text", "text", -1),
        ColumnKind::Double => pg(701, "float8", "double precision", 8),
        ColumnKind::Int => pg(23, "int4", "integer", 4),
        ColumnKind::Long => pg(20, "int8", "bigint", 8),
        ColumnKind::Bool => pg(16, "bool", "boolean", 1),
        ColumnKind::Bytes => pg(17, "bytea", "bytea", -1),
    }
}

/// The id of a stored type by either of its names.
pub(crate) fn oid_of_type(name: &str) -> Option<i32> {
    let kinds = [
        ColumnKind::Time,
        ColumnKind::Text,
        ColumnKind::Double,
        ColumnKind::Int,
        ColumnKind::Long,
        ColumnKind::Bool,
        ColumnKind::Bytes,
    ];
    let known = kinds.map(pg_type);
    known
        .iter()
        .find(|kind| kind.name == name || kind.short == name)
        .map(|kind| kind.oid)
}

/// The type that PostgreSQL's words mean, as parameters of `PREPARE` have it.
pub(crate) fn type_named(name: &str) -> Option<DataType> {
    let name = name.to_lowercase();
    let name = name.strip_prefix("pg_catalog.").unwrap_or(&name);
    let plain = name.split('(').next().unwrap_or(name).trim();
    Some(match plain {
        "bool" | "boolean" => DataType::Boolean,
        "int2" | "smallint" => DataType::Int16,
        "int" | "int4" | "integer" => DataType::Int32,
        "int8" | "bigint" => DataType::Int64,
        "float4" | "real" => DataType::Float32,
        "float8" | "double precision" | "double" | "float" => DataType::Float64,
        "numeric" | "decimal" => DataType::Decimal128(38, 10),
        "text" | "varchar" | "character varying" | "char" | "character" | "name" => DataType::Utf8,
        "bytea" => DataType::Binary,
        "date" => DataType::Date32,
        "timestamp" | "timestamp without time zone" => {
            DataType::Timestamp(TimeUnit::Microsecond, None)
        }
        "timestamptz" | "timestamp with time zone" => {
            DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into()))
        }
        "interval" => DataType::Interval(IntervalUnit::MonthDayNano),
        _ => return None,
    })
}

/// The name of any type that an answer can have, in PostgreSQL's words.
pub(crate) fn type_name(data_type: &DataType) -> String {
    let name = match data_type {
        DataType::Null => "unknown",
        DataType::Boolean => "boolean",
        DataType::Int8 | DataType::Int16 | DataType::UInt8 => "smallint",
        DataType::Int32 | DataType::UInt16 => "integer",
        DataType::Int64 | DataType::UInt32 => "bigint",
        DataType::UInt64 | DataType::Decimal128(..) | DataType::Decimal256(..) => "numeric",
        DataType::Float16 | DataType::Float32 => "real",
        DataType::Float64 => "double precision",
        DataType::Timestamp(_, Some(_)) => "timestamp with time zone",
        DataType::Timestamp(_, None) => "timestamp without time zone",
        DataType::Date32 | DataType::Date64 => "date",
        DataType::Time32(_) | DataType::Time64(_) => "time without time zone",
        DataType::Interval(_) | DataType::Duration(_) => "interval",
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "text",
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => "bytea",
        DataType::Dictionary(_, value) => return type_name(value),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            return format!("{}[]", type_name(item.data_type()));
        }
        _ => "record",
    };
    name.to_owned()
}
