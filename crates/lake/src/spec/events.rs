// SPDX-License-Identifier: Apache-2.0
//! Table `events`: what happened, and why.

use hw_kernel::port::tables::ColumnKind::{Long, Text, Time};
use hw_kernel::port::tables::{Column, TableSpec};

use super::{optional, required};

/// The table.
pub const SPEC: TableSpec = TableSpec {
    name: "events",
    columns: COLUMNS,
    sort: &["kind", "thing", "time"],
    doc: "What happened to connections, messages and files, with its cause. The first of a kind \
          is there at once; repeats are counted.",
};

const COLUMNS: &[Column] = &[
    required("time", Time, "When it happened (UTC, microseconds)."),
    required(
        "kind",
        Text,
        "What was tried: connect, publish, subscribe, deliver, payload, …",
    ),
    optional("thing", Text, "The thing, if one is known."),
    optional("client_id", Text, "MQTT client id."),
    optional("principal", Text, "Certificate id or other principal."),
    optional("topic", Text, "Topic or filter."),
    required(
        "outcome",
        Text,
        "How it ended: ok, refused, dropped, ignored, cut, closed, …",
    ),
    required("cause", Text, "Why, in words."),
    required("count", Long, "How many of its kind this row stands for."),
    optional(
        "trace_id",
        Text,
        "The message it is about, as in table `messages`.",
    ),
    optional("address", Text, "Remote address, without port."),
];
