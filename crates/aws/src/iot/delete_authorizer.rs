// SPDX-License-Identifier: Apache-2.0
//! DeleteAuthorizer: one that is INACTIVE and not the default.

use serde_json::json;

use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "DeleteAuthorizer", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let name = call.input.label("authorizerName");
    let (identity, account) = (&call.deps.identity, call.caller.account);
    identity.delete_authorizer(account, name).await?;
    Ok(Output::Json(json!({})))
}
