// SPDX-License-Identifier: Apache-2.0
//! What the tables hold: one room for each. Columns are only ever added, at the end.

pub mod events;
pub mod messages;
pub mod telemetry;

use hw_kernel::port::tables::{Column, ColumnKind, TableSpec};

/// The tables that every account has.
pub const TABLES: [TableSpec; 3] = [messages::SPEC, telemetry::SPEC, events::SPEC];

const fn required(name: &'static str, kind: ColumnKind, doc: &'static str) -> Column {
    Column {
        name,
        kind,
        nullable: false,
        doc,
    }
}

const fn optional(name: &'static str, kind: ColumnKind, doc: &'static str) -> Column {
    Column {
        name,
        kind,
        nullable: true,
        doc,
    }
}
