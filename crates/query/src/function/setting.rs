// SPDX-License-Identifier: Apache-2.0
//! Functions that tell and set a session's settings and who it is.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::ScalarUDF;

use super::call::by_row;
use crate::session::SharedSettings;

pub(super) fn functions(settings: &SharedSettings) -> Vec<ScalarUDF> {
    let mut all = vec![current_setting(settings), set_config(settings)];
    for name in ["current_user", "session_user", "user", "current_role"] {
        let settings = Arc::clone(settings);
        all.push(by_row(name, DataType::Utf8, move |_| {
            let user = settings.read().show("session_authorization")?.1;
            Ok(ScalarValue::Utf8(Some(user)))
        }));
    }
    all
}

/// `current_setting(name [, missing_ok])`.
fn current_setting(settings: &SharedSettings) -> ScalarUDF {
    let settings = Arc::clone(settings);
    by_row("current_setting", DataType::Utf8, move |args| {
        let Some(name) = args.text(0) else {
            return Ok(ScalarValue::Utf8(None));
        };
        match settings.read().show(name) {
            Ok((_, value)) => Ok(ScalarValue::Utf8(Some(value))),
            Err(_) if args.given(1) => Ok(ScalarValue::Utf8(None)),
            Err(error) => Err(error.into()),
        }
    })
}

/// `set_config(name, value, is_local)`.
fn set_config(settings: &SharedSettings) -> ScalarUDF {
    let settings = Arc::clone(settings);
    by_row("set_config", DataType::Utf8, move |args| {
        let (Some(name), Some(value)) = (args.text(0), args.text(1)) else {
            return Ok(ScalarValue::Utf8(None));
        };
        let mut settings = settings.write();
        let name = settings.set(name, value)?;
        Ok(ScalarValue::Utf8(Some(settings.show(name)?.1)))
    })
}
