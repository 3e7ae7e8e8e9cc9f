// SPDX-License-Identifier: Apache-2.0
//! Table `telemetry`: a row for each leaf of each JSON payload.

use hw_kernel::port::tables::ColumnKind::{Double, Text, Time};
use hw_kernel::port::tables::{Column, TableSpec};

use super::{optional, required};

/// The table.
pub const SPEC: TableSpec = TableSpec {
    name: "telemetry",
    columns: COLUMNS,
    sort: &["thing", "metric", "time"],
    doc: "A row for each number, boolean and text in a JSON payload, whoever published it.",
};

const COLUMNS: &[Column] = &[
    required(
        "time",
        Time,
        "When the server took the message in (UTC, microseconds).",
    ),
    optional("thing", Text, "The publisher's thing; NULL if it has none."),
    required(
        "metric",
        Text,
        "The path to the leaf, joined by dots, array elements by number, as in a.0.b; `value` for \
         a bare number, boolean or text.",
    ),
    optional(
        "value",
        Double,
        "The number; 1 for true and 0 for false; NULL for text.",
    ),
    optional(
        "text",
        Text,
        "The text; also the digits of an integer beyond 2^53 and of a number too large for a \
         double.",
    ),
    required("topic", Text, "The topic it was published to."),
    required("trace_id", Text, "The message in table `messages`."),
];
