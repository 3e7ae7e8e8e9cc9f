// SPDX-License-Identifier: Apache-2.0
//! Functions of PostgreSQL that answer the same in every session.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::ScalarUDF;
use datafusion_pg_catalog::pg_catalog::{
    create_current_schemas_udf, create_pg_encoding_to_char_udf, format_type, quote_ident_udf,
};

use super::call::{Args, always, by_row};
use crate::catalog::{DATABASE, PUBLIC};
use crate::session::SERVER_VERSION;

/// Everything that is there can be seen.
const TRUE: &[&str] = &[
    "pg_collation_is_visible",
    "pg_conversion_is_visible",
    "pg_function_is_visible",
    "pg_opclass_is_visible",
    "pg_operator_is_visible",
    "pg_opfamily_is_visible",
    "pg_table_is_visible",
    "pg_ts_config_is_visible",
    "pg_type_is_visible",
];

const FALSE: &[&str] = &[
    "pg_is_in_recovery",
    "pg_is_other_temp_schema",
    "pg_relation_is_publishable",
    "row_security_active",
];

/// There are no constraints, defaults, views, partitions, … to be told.
const NULL_TEXT: &[&str] = &[
    "pg_get_constraintdef",
    "pg_get_expr",
    "pg_get_functiondef",
    "pg_get_indexdef",
    "pg_get_partkeydef",
    "pg_get_ruledef",
    "pg_get_serial_sequence",
    "pg_get_statisticsobjdef_columns",
    "pg_get_triggerdef",
    "pg_get_viewdef",
    "inet_client_addr",
    "pg_advisory_unlock_all",
    "inet_server_addr",
    "pg_collation_for",
    "pg_tablespace_location",
    "shobj_description",
];

/// Not counted here.
const ZERO: &[&str] = &[
    "pg_database_size",
    "pg_indexes_size",
    "pg_my_temp_schema",
    "pg_stat_get_numscans",
    "pg_relation_size",
    "pg_table_size",
    "pg_total_relation_size",
];

const PRIVILEGES: &[&str] = &[
    "has_any_column_privilege",
    "has_column_privilege",
    "has_database_privilege",
    "has_function_privilege",
    "has_language_privilege",
    "has_schema_privilege",
    "has_sequence_privilege",
    "has_table_privilege",
    "has_tablespace_privilege",
    "has_type_privilege",
    "pg_has_role",
];

/// Everything that is there may be read, and nothing written. The privilege is the last argument.
fn may(args: &Args<'_>) -> Result<ScalarValue> {
    let last = (0..4).rev().find(|index| args.given(*index));
    let asked = last.and_then(|index| args.text(index));
    let reads = |word: &str| {
        let word = word.trim().to_ascii_uppercase();
        matches!(
            word.as_str(),
            "SELECT" | "USAGE" | "CONNECT" | "EXECUTE" | "MEMBER"
        )
    };
    Ok(ScalarValue::Boolean(
        asked.map(|asked| asked.split(',').any(reads)),
    ))
}

fn text(value: &str) -> ScalarValue {
    ScalarValue::Utf8(Some(value.to_owned()))
}

/// Bytes as people read them, in PostgreSQL's way: a larger unit from ten thousand on.
fn pretty(bytes: i64) -> String {
    let (mut number, mut units) = (bytes, ["bytes", "kB", "MB", "GB", "TB", "PB"].iter());
    let mut unit = units.next();
    while number.unsigned_abs() >= 10_240 && units.len() > 0 {
        number /= 1_024;
        unit = units.next();
    }
    format!("{number} {}", unit.unwrap_or(&"bytes"))
}

/// Functions to register once.
pub(crate) fn fixed() -> Vec<Arc<ScalarUDF>> {
    let version = format!(
        "PostgreSQL {SERVER_VERSION} (Headwater {}, DataFusion {})",
        env!("CARGO_PKG_VERSION"),
        datafusion::DATAFUSION_VERSION
    );
    let mut all = vec![
        always("version", text(&version)),
        always("current_database", text(DATABASE)),
        always("current_catalog", text(DATABASE)),
        always("current_schema", text(PUBLIC)),
        always("pg_get_userbyid", text(DATABASE)),
        by_row("pg_get_function_result", DataType::Utf8, |_| {
            Ok(ScalarValue::Utf8(None))
        }),
        by_row("pg_get_function_arguments", DataType::Utf8, |_| {
            Ok(ScalarValue::Utf8(None))
        }),
        by_row("pg_get_function_identity_arguments", DataType::Utf8, |_| {
            Ok(ScalarValue::Utf8(None))
        }),
        by_row("pg_size_pretty", DataType::Utf8, |args| {
            Ok(ScalarValue::Utf8(args.int(0).map(pretty)))
        }),
        by_row("to_regtype", DataType::Int32, |args| {
            Ok(ScalarValue::Int32(
                args.text(0).and_then(crate::types::oid_of_type),
            ))
        }),
        create_current_schemas_udf(),
        create_pg_encoding_to_char_udf(),
        format_type::create_format_type_udf(),
        quote_ident_udf::create_quote_ident_udf(),
        quote_ident_udf::create_parse_ident_udf(),
    ];
    all.extend(
        TRUE.iter()
            .map(|name| always(name, ScalarValue::Boolean(Some(true)))),
    );
    all.extend(
        FALSE
            .iter()
            .map(|name| always(name, ScalarValue::Boolean(Some(false)))),
    );
    all.extend(
        NULL_TEXT
            .iter()
            .map(|name| always(name, ScalarValue::Utf8(None))),
    );
    all.extend(
        ZERO.iter()
            .map(|name| always(name, ScalarValue::Int64(Some(0)))),
    );
    all.extend(
        PRIVILEGES
            .iter()
            .map(|name| by_row(name, DataType::Boolean, may)),
    );
    all.extend(super::words::functions());
    let mut all: Vec<_> = all.into_iter().map(Arc::new).collect();
    all.extend(super::time::functions());
    all
}
