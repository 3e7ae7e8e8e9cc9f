// SPDX-License-Identifier: Apache-2.0
//! The floors of the house: the one table that says which crate stands where, and the crates
//! that only one place may name. ARCHITECTURE.md explains why.

/// (floor, folder under `crates/`, what else of the same floor it may use).
pub const FLOORS: &[(u8, &str, &[&str])] = &[
    // 0: pure; no I/O, no runtime, no clock.
    (0, "model", &[]),
    (0, "mqtt", &["model"]),
    (0, "policy", &["model"]),
    (0, "sigv4", &["model"]),
    // The state machine of those packets.
    (0, "session", &["model", "mqtt"]),
    // 1: the ports.
    (1, "kernel", &[]),
    // 2: adapters.
    (2, "catalog", &[]),
    (2, "log", &[]),
    (2, "blobs", &[]),
    (2, "lake", &[]),
    (2, "query", &[]),
    // 3: modules.
    (3, "broker", &[]),
    (3, "identity", &[]),
    (3, "fleet", &[]),
    (3, "boards", &[]),
    (3, "backup", &[]),
    // 4: doors and faces.
    (4, "gateway", &[]),
    (4, "aws", &[]),
    (4, "api", &[]),
    // 5: the binary.
    (5, "headwater", &[]),
];

/// (prefix of a foreign crate's name, the only folders that may name it, why).
pub const ONLY_IN: &[(&str, &[&str], &str)] = &[
    (
        "datafusion",
        &["query"],
        "it is minutes of build time; everybody else asks the query crate",
    ),
    (
        "iceberg",
        &["lake"],
        "the table format is the lake's secret",
    ),
    (
        "sqlx",
        &["catalog"],
        "SQL of the catalog stands in one crate",
    ),
    (
        "libsqlite3",
        &["catalog"],
        "only one crate version may link SQLite",
    ),
];

/// Foreign crates that floor 0 must not name: it does no I/O and knows no runtime.
pub const NOT_ON_FLOOR_0: &[&str] = &[
    "tokio",
    "mio",
    "socket2",
    "libc",
    "rustls",
    "axum",
    "hyper",
    "tracing",
    "object_store",
];
