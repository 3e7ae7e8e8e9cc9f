// SPDX-License-Identifier: Apache-2.0
//! `pg_namespace`, `pg_database`, `pg_roles` and `pg_settings`.

use hw_model::AccountId;

use super::oid;
use crate::catalog::rows::{Row, bool, int, text};
use crate::catalog::{DATABASE, INFORMATION, POSTGRES, PUBLIC};
use crate::session::Settings;

pub(super) fn namespaces() -> Vec<Row> {
    let all = [
        (oid::PG_CATALOG, POSTGRES),
        (oid::PUBLIC, PUBLIC),
        (oid::INFORMATION_SCHEMA, INFORMATION),
    ];
    let row = |(id, name): (i64, &str)| {
        vec![
            ("oid", int(id)),
            ("nspname", text(name)),
            ("nspowner", int(oid::OWNER)),
        ]
    };
    all.into_iter().map(row).collect()
}

pub(super) fn databases() -> Vec<Row> {
    vec![vec![
        ("oid", int(oid::DATABASE)),
        ("datname", text(DATABASE)),
        ("datdba", int(oid::OWNER)),
        ("encoding", int(6)), // UTF8
        ("datlocprovider", text("c")),
        ("datcollate", text("C.UTF-8")),
        ("datctype", text("C.UTF-8")),
        ("datallowconn", bool(true)),
        ("datconnlimit", int(-1)),
        ("dattablespace", int(1663)), // pg_default
    ]]
}

/// The owner, and the account as the role that sessions have.
pub(super) fn roles(account: AccountId) -> Vec<Row> {
    let role = |id: i64, name: String, login: bool| {
        vec![
            ("oid", int(id)),
            ("rolname", text(name)),
            ("rolinherit", bool(true)),
            ("rolcanlogin", bool(login)),
            ("rolconnlimit", int(-1)),
        ]
    };
    vec![
        role(oid::OWNER, DATABASE.into(), false),
        role(16_383, account.to_string(), true),
    ]
}

/// The settings of the session.
pub(super) fn settings(own: &Settings) -> Vec<Row> {
    let row = |(name, value): (String, String)| {
        vec![
            ("name", text(name)),
            ("setting", text(value.clone())),
            ("reset_val", text(value)),
        ]
    };
    own.all().into_iter().map(row).collect()
}
