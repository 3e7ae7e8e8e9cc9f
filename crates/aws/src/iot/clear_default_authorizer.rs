// SPDX-License-Identifier: Apache-2.0
//! ClearDefaultAuthorizer.

use serde_json::json;

use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "ClearDefaultAuthorizer", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let (identity, account) = (&call.deps.identity, call.caller.account);
    identity.clear_default_authorizer(account).await?;
    Ok(Output::Json(json!({})))
}
