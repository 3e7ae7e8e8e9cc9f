// SPDX-License-Identifier: Apache-2.0
//! JSON members that are absent rather than null: AWS leaves out what has no value.

use serde_json::Value;

/// Drops members that are null.
pub(crate) fn without_nulls(mut value: Value) -> Value {
    if let Value::Object(members) = &mut value {
        members.retain(|_, member| !member.is_null());
    }
    value
}
