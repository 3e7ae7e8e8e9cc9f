// SPDX-License-Identifier: Apache-2.0
//! Views of `pg_catalog` that the fixed tables lack: what runs, who may, and those that are empty
//! here because there is nothing to be in them.

use datafusion::arrow::datatypes::DataType::{self, Boolean, Float64, Int32, Int64, Utf8};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::datatypes::TimeUnit::Microsecond;
use datafusion::common::ScalarValue;

use super::oid;
use crate::activity::Activity;
use crate::catalog::DATABASE;
use crate::catalog::public::Public;
use crate::catalog::rows::{Row, bool, int, schema, text};
use crate::types::UTC;

/// The views and their columns; `*` after a name is a number, `?` a truth value, `@` a time.
const VIEWS: &[(&str, &str)] = &[
    (
        "pg_stat_activity",
        "datid* datname pid* leader_pid* usesysid* usename application_name client_addr \
         client_hostname client_port* backend_start@ xact_start@ query_start@ state_change@ \
         wait_event_type wait_event state backend_xid backend_xmin query_id* query backend_type",
    ),
    (
        "pg_user",
        "usename usesysid* usecreatedb? usesuper? userepl? usebypassrls? passwd valuntil@ useconfig",
    ),
    ("pg_group", "groname grosysid* grolist"),
    (
        "pg_indexes",
        "schemaname tablename indexname tablespace indexdef",
    ),
    (
        "pg_sequences",
        "schemaname sequencename sequenceowner data_type start_value* last_value*",
    ),
    (
        "pg_cursors",
        "name statement is_holdable? is_binary? is_scrollable? creation_time@",
    ),
    (
        "pg_prepared_statements",
        "name statement prepare_time@ from_sql?",
    ),
    (
        "pg_prepared_xacts",
        "transaction gid prepared@ owner database",
    ),
    (
        "pg_locks",
        "locktype database* relation* pid* mode granted?",
    ),
    (
        "pg_stats",
        "schemaname tablename attname inherited? null_frac n_distinct",
    ),
    ("pg_rules", "schemaname tablename rulename definition"),
    (
        "pg_policies",
        "schemaname tablename policyname permissive roles cmd qual with_check",
    ),
    (
        "pg_available_extensions",
        "name default_version installed_version comment",
    ),
    ("pg_timezone_abbrevs", "abbrev utc_offset is_dst?"),
    (
        "pg_stat_replication",
        "pid* usename application_name state sent_lsn",
    ),
    (
        "pg_stat_database",
        "datid* datname numbackends* xact_commit* xact_rollback* blks_read* blks_hit*",
    ),
    (
        "pg_statio_user_tables",
        "relid* schemaname relname heap_blks_read* heap_blks_hit*",
    ),
    (
        "pg_stat_user_indexes",
        "relid* indexrelid* schemaname relname indexrelname idx_scan*",
    ),
    (
        "pg_stat_all_tables",
        "relid* schemaname relname seq_scan* n_live_tup* last_analyze@",
    ),
    (
        "pg_stat_user_tables",
        "relid* schemaname relname seq_scan* idx_scan* n_live_tup* n_dead_tup* last_vacuum@ last_analyze@",
    ),
    (
        "pg_matviews",
        "schemaname matviewname matviewowner tablespace hasindexes? ispopulated? definition",
    ),
    ("pg_views", "schemaname viewname viewowner definition"),
    (
        "pg_user_mappings",
        "umid* srvid* srvname umuser* usename umoptions",
    ),
    (
        "pg_seclabels",
        "objoid* classoid* objsubid* objtype provider label",
    ),
];

/// Whether a view is one of these.
pub(crate) fn is_view(name: &str) -> bool {
    VIEWS.iter().any(|(view, _)| *view == name)
}

fn kind(mark: Option<char>) -> DataType {
    match mark {
        Some('*') => Int64,
        Some('?') => Boolean,
        Some('%') => Float64,
        Some('#') => Int32,
        Some('@') => DataType::Timestamp(Microsecond, Some(UTC.into())),
        _ => Utf8,
    }
}

/// The columns of a view.
pub(super) fn columns(view: &str) -> Option<SchemaRef> {
    let (_, columns) = VIEWS.iter().find(|(name, _)| *name == view)?;
    let columns: Vec<(&'static str, DataType)> = columns
        .split_whitespace()
        .map(|column| {
            let name = column.trim_end_matches(['*', '?', '%', '#', '@']);
            (name, kind(column[name.len()..].chars().next()))
        })
        .collect();
    Some(schema(&columns))
}

/// The rows of a view.
pub(super) fn rows(view: &str, public: &Public, activity: &Activity) -> Vec<Row> {
    match view {
        "pg_stat_activity" => running(public, activity),
        "pg_user" => vec![vec![
            ("usename", text(public.account().to_string())),
            ("usesysid", int(16_383)),
            ("usecreatedb", bool(false)),
            ("usesuper", bool(false)),
            ("userepl", bool(false)),
            ("usebypassrls", bool(false)),
        ]],
        "pg_stat_database" => vec![vec![
            ("datid", int(oid::DATABASE)),
            ("datname", text(DATABASE)),
            (
                "numbackends",
                int(activity.of(public.account()).len() as i64),
            ),
        ]],
        _ => Vec::new(),
    }
}

/// The statements of the account that run now.
fn running(public: &Public, activity: &Activity) -> Vec<Row> {
    let row = |running: crate::activity::Running| {
        let since = ScalarValue::TimestampMicrosecond(Some(running.since.0), Some(UTC.into()));
        vec![
            ("datid", int(oid::DATABASE)),
            ("datname", text(DATABASE)),
            ("pid", int(running.pid)),
            ("usesysid", int(16_383)),
            ("usename", text(running.user)),
            ("application_name", text(running.application)),
            ("query_start", since.clone()),
            ("xact_start", since),
            ("state", text("active")),
            ("query", text(running.text.as_ref())),
            ("backend_type", text("client backend")),
        ]
    };
    activity.of(public.account()).into_iter().map(row).collect()
}
