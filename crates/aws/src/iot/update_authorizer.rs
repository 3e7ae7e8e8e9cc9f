// SPDX-License-Identifier: Apache-2.0
//! UpdateAuthorizer: changes what is given.

use super::authorizer::{Body, named};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "UpdateAuthorizer", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let name = call.input.label("authorizerName");
    let body: Body = call.input.json()?;
    let (identity, account) = (&call.deps.identity, call.caller.account);
    let known = identity.authorizer(account, name).await?;
    identity
        .update_authorizer(account, body.change(known)?)
        .await?;
    Ok(Output::Json(named(&call, name)))
}
