// SPDX-License-Identifier: Apache-2.0
//! Shapes that several answers have. AWS leaves out what has no value, rather than writing null.

use hw_fleet::FleetError;
use serde_json::{Value, json};

use super::arns;
use crate::error::AwsError;
use crate::operation::Call;

/// Drops members that are null.
pub(crate) fn without_nulls(mut value: Value) -> Value {
    if let Value::Object(members) = &mut value {
        members.retain(|_, member| !member.is_null());
    }
    value
}

/// Of something that is there already with other properties, with its id and ARN.
pub(crate) fn exists(error: FleetError, arn: &str) -> AwsError {
    match &error {
        FleetError::Exists { id, .. } => AwsError::exists(error.to_string(), id, arn),
        _ => error.into(),
    }
}

/// Policies by name and ARN, as every list of them has them.
pub(crate) fn policies(call: &Call<'_>, names: &[String]) -> Vec<Value> {
    let one = |name: &String| json!({"policyName": name, "policyArn": arns::policy(call, name)});
    names.iter().map(one).collect()
}
