// SPDX-License-Identifier: Apache-2.0
//! The schema `information_schema`, in PostgreSQL's words: what tools list tables and columns by.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::DataType::{self, Int32, Utf8};
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::common::Result;
use hw_kernel::port::tables::{Column, ColumnKind, TableSpec};

use super::public::Public;
use super::rows::{Row, int, schema, table, text};
use super::{DATABASE, INFORMATION, POSTGRES, PUBLIC};
use crate::types::pg_type;

/// The views, made from the account's tables when a statement names them.
#[derive(Debug)]
pub(super) struct Information {
    public: Public,
}

impl Information {
    pub(super) fn new(public: Public) -> Self {
        Self { public }
    }
}

const SCHEMATA: &[(&str, DataType)] = &[
    ("catalog_name", Utf8),
    ("schema_name", Utf8),
    ("schema_owner", Utf8),
];

const TABLES: &[(&str, DataType)] = &[
    ("table_catalog", Utf8),
    ("table_schema", Utf8),
    ("table_name", Utf8),
    ("table_type", Utf8),
    ("is_insertable_into", Utf8),
    ("is_typed", Utf8),
];

const COLUMNS: &[(&str, DataType)] = &[
    ("table_catalog", Utf8),
    ("table_schema", Utf8),
    ("table_name", Utf8),
    ("column_name", Utf8),
    ("ordinal_position", Int32),
    ("column_default", Utf8),
    ("is_nullable", Utf8),
    ("data_type", Utf8),
    ("character_maximum_length", Int32),
    ("character_octet_length", Int32),
    ("numeric_precision", Int32),
    ("numeric_precision_radix", Int32),
    ("numeric_scale", Int32),
    ("datetime_precision", Int32),
    ("udt_catalog", Utf8),
    ("udt_schema", Utf8),
    ("udt_name", Utf8),
    ("is_identity", Utf8),
    ("is_generated", Utf8),
    ("is_updatable", Utf8),
];

/// Views that are always empty: there are no constraints, routines or views to list.
const CONSTRAINTS: &[(&str, DataType)] = &[
    ("constraint_catalog", Utf8),
    ("constraint_schema", Utf8),
    ("constraint_name", Utf8),
    ("table_catalog", Utf8),
    ("table_schema", Utf8),
    ("table_name", Utf8),
    ("constraint_type", Utf8),
    ("column_name", Utf8),
    ("ordinal_position", Int32),
    ("position_in_unique_constraint", Int32),
    ("unique_constraint_catalog", Utf8),
    ("unique_constraint_schema", Utf8),
    ("unique_constraint_name", Utf8),
    ("match_option", Utf8),
    ("update_rule", Utf8),
    ("delete_rule", Utf8),
];
const VIEWS: &[(&str, DataType)] = &[
    ("table_catalog", Utf8),
    ("table_schema", Utf8),
    ("table_name", Utf8),
    ("view_definition", Utf8),
    ("check_option", Utf8),
    ("is_updatable", Utf8),
];
const ROUTINES: &[(&str, DataType)] = &[
    ("specific_catalog", Utf8),
    ("specific_schema", Utf8),
    ("specific_name", Utf8),
    ("routine_catalog", Utf8),
    ("routine_schema", Utf8),
    ("routine_name", Utf8),
    ("routine_type", Utf8),
    ("data_type", Utf8),
    ("routine_definition", Utf8),
    ("ordinal_position", Int32),
    ("parameter_name", Utf8),
    ("parameter_mode", Utf8),
];

/// The columns of a view.
fn columns_of(view: &str) -> Option<&'static [(&'static str, DataType)]> {
    Some(match view {
        "schemata" => SCHEMATA,
        "tables" => TABLES,
        "columns" => COLUMNS,
        "views" => VIEWS,
        "routines" | "parameters" => ROUTINES,
        "table_constraints"
        | "key_column_usage"
        | "referential_constraints"
        | "constraint_column_usage" => CONSTRAINTS,
        _ => return None,
    })
}

#[async_trait]
impl SchemaProvider for Information {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn table_names(&self) -> Vec<String> {
        Vec::new()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let Some(columns) = columns_of(name) else {
            return Ok(None);
        };
        let rows = match name {
            "schemata" => [PUBLIC, INFORMATION, POSTGRES].map(schema_row).to_vec(),
            "tables" => self.public.list().await?.iter().map(table_row).collect(),
            "columns" => self
                .public
                .list()
                .await?
                .iter()
                .flat_map(column_rows)
                .collect(),
            _ => Vec::new(),
        };
        Ok(Some(table(schema(columns), &rows)?))
    }

    fn table_exist(&self, name: &str) -> bool {
        columns_of(name).is_some()
    }
}

fn schema_row(name: &str) -> Row {
    vec![
        ("catalog_name", text(DATABASE)),
        ("schema_name", text(name)),
        ("schema_owner", text(DATABASE)),
    ]
}

fn table_row(spec: &TableSpec) -> Row {
    vec![
        ("table_catalog", text(DATABASE)),
        ("table_schema", text(PUBLIC)),
        ("table_name", text(spec.name)),
        ("table_type", text("BASE TABLE")),
        ("is_insertable_into", text("NO")),
        ("is_typed", text("NO")),
    ]
}

fn column_rows(spec: &TableSpec) -> Vec<Row> {
    let numbered = (1_i64..).zip(spec.columns);
    numbered
        .map(|(position, column)| column_row(spec, position, column))
        .collect()
}

fn column_row(spec: &TableSpec, position: i64, column: &Column) -> Row {
    let kind = pg_type(column.kind);
    let mut row = vec![
        ("table_catalog", text(DATABASE)),
        ("table_schema", text(PUBLIC)),
        ("table_name", text(spec.name)),
        ("column_name", text(column.name)),
        ("ordinal_position", int(position)),
        (
            "is_nullable",
            text(if column.nullable { "YES" } else { "NO" }),
        ),
        ("data_type", text(kind.name)),
        ("udt_catalog", text(DATABASE)),
        ("udt_schema", text(POSTGRES)),
        ("udt_name", text(kind.short)),
        ("is_identity", text("NO")),
        ("is_generated", text("NEVER")),
        ("is_updatable", text("NO")),
    ];
    match column.kind {
        ColumnKind::Int | ColumnKind::Long => row.extend([
            ("numeric_precision", int(kind.len * 8)),
            ("numeric_precision_radix", int(2)),
            ("numeric_scale", int(0)),
        ]),
        ColumnKind::Double => {
            row.extend([
                ("numeric_precision", int(53)),
                ("numeric_precision_radix", int(2)),
            ]);
        }
        ColumnKind::Time => row.push(("datetime_precision", int(6))),
        ColumnKind::Text | ColumnKind::Bool | ColumnKind::Bytes => {}
    }
    row
}
