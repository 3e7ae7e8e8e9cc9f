// SPDX-License-Identifier: Apache-2.0
//! `pg_backend_pid()` and `pg_cancel_backend(pid)`: a session's number, and the end of what another
//! session of the same account runs.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::ScalarUDF;

use super::call::by_row;
use crate::session::Backend;

pub(super) fn functions(backend: &Arc<Backend>) -> Vec<ScalarUDF> {
    let own = Arc::clone(backend);
    let pid = by_row("pg_backend_pid", DataType::Int32, move |_| {
        Ok(ScalarValue::Int32(Some(own.pid())))
    });
    let own = Arc::clone(backend);
    let cancel = move |name| {
        let own = Arc::clone(&own);
        by_row(name, DataType::Boolean, move |args| {
            let pid = args.int(0).and_then(|pid| i32::try_from(pid).ok());
            Ok(ScalarValue::Boolean(pid.map(|pid| own.cancel(pid))))
        })
    };
    vec![pid, cancel("pg_cancel_backend")]
}
