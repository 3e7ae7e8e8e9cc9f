// SPDX-License-Identifier: Apache-2.0
//! `pg_class`, `pg_attribute`, `pg_description` and `pg_tables` of an account's tables.

use hw_kernel::port::tables::TableSpec;

use super::oid;
use crate::catalog::PUBLIC;
use crate::catalog::rows::{Row, bool, int, text};
use crate::types::pg_type;

pub(super) fn classes(specs: &[TableSpec]) -> Vec<Row> {
    specs.iter().map(class).collect()
}

fn class(spec: &TableSpec) -> Row {
    vec![
        ("oid", int(oid::table(spec.name))),
        ("relname", text(spec.name)),
        ("relnamespace", int(oid::PUBLIC)),
        ("reloftype", int(0)),
        ("relowner", int(oid::OWNER)),
        ("relam", int(2)),      // heap
        ("reltuples", int(-1)), // not counted
        ("relpersistence", text("p")),
        ("relkind", text("r")),
        ("relnatts", int(spec.columns.len() as i64)),
        ("relispopulated", bool(true)),
        ("relreplident", text("d")),
    ]
}

pub(super) fn attributes(specs: &[TableSpec]) -> Vec<Row> {
    specs.iter().flat_map(attributes_of).collect()
}

fn attributes_of(spec: &TableSpec) -> impl Iterator<Item = Row> {
    let table = oid::table(spec.name);
    (1_i64..).zip(spec.columns).map(move |(number, column)| {
        let kind = pg_type(column.kind);
        vec![
            ("attrelid", int(table)),
            ("attname", text(column.name)),
            ("atttypid", int(kind.oid)),
            ("attstattarget", int(-1)),
            ("attlen", int(kind.len)),
            ("attnum", int(number)),
            ("attcacheoff", int(-1)),
            ("atttypmod", int(-1)),
            ("attbyval", bool(kind.len > 0)),
            ("attalign", text(alignment(kind.len))),
            ("attstorage", text(if kind.len > 0 { "p" } else { "x" })),
            ("attcompression", text("")),
            ("attnotnull", bool(!column.nullable)),
            ("attislocal", bool(true)),
        ]
    })
}

fn alignment(len: i16) -> &'static str {
    match len {
        1 => "c",
        8 => "d",
        _ => "i",
    }
}

/// What tables and columns hold, in words.
pub(super) fn descriptions(specs: &[TableSpec]) -> Vec<Row> {
    let mut rows = Vec::new();
    for spec in specs {
        rows.push(description(spec, 0, spec.doc));
        for (number, column) in (1_i64..).zip(spec.columns) {
            rows.push(description(spec, number, column.doc));
        }
    }
    rows
}

fn description(spec: &TableSpec, column: i64, doc: &str) -> Row {
    vec![
        ("objoid", int(oid::table(spec.name))),
        ("classoid", int(oid::CLASS_OF_TABLES)),
        ("objsubid", int(column)),
        ("description", text(doc)),
    ]
}

pub(super) fn tables(specs: &[TableSpec]) -> Vec<Row> {
    let row = |spec: &TableSpec| {
        vec![
            ("schemaname", text(PUBLIC)),
            ("tablename", text(spec.name)),
            ("tableowner", text(crate::catalog::DATABASE)),
        ]
    };
    specs.iter().map(row).collect()
}
