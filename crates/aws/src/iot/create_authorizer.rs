// SPDX-License-Identifier: Apache-2.0
//! CreateAuthorizer: what is asked is a URL, or rules for JWTs.

use super::authorizer::{Body, named};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "CreateAuthorizer", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let name = call.input.label("authorizerName");
    let body: Body = call.input.json()?;
    let (identity, account) = (&call.deps.identity, call.caller.account);
    let (authorizer, tags) = body.make(name)?;
    identity
        .create_authorizer(account, authorizer, &tags)
        .await?;
    Ok(Output::Json(named(&call, name)))
}
