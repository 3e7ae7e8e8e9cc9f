// SPDX-License-Identifier: Apache-2.0
//! Table `messages`: each kept message, payload byte for byte.

use hw_kernel::port::tables::ColumnKind::{Bool, Bytes, Int, Text, Time};
use hw_kernel::port::tables::{Column, TableSpec};

use super::{optional, required};

/// The table.
pub const SPEC: TableSpec = TableSpec {
    name: "messages",
    columns: COLUMNS,
    sort: &["thing", "topic", "time"],
    doc: "Every message that the account keeps, as it was published.",
};

const COLUMNS: &[Column] = &[
    required(
        "time",
        Time,
        "When the server took the message in (UTC, microseconds).",
    ),
    required("topic", Text, "The topic it was published to."),
    optional(
        "thing",
        Text,
        "The publisher's thing: the attached one that is named like the client id, else the only \
         attached one, else NULL.",
    ),
    optional(
        "client_id",
        Text,
        "The publisher's MQTT client id; NULL if it did not come by MQTT.",
    ),
    optional(
        "principal",
        Text,
        "Who published: certificate id (64 hexadecimal digits), or the name of a key or module.",
    ),
    required(
        "qos",
        Int,
        "Quality of service it was published at: 0, 1 or 2.",
    ),
    required("retain", Bool, "The RETAIN flag as published."),
    required("payload", Bytes, "The payload, byte for byte."),
    required(
        "trace_id",
        Text,
        "The message's name, order and producer in one; the same in every table.",
    ),
];
