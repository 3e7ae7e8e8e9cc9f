// SPDX-License-Identifier: Apache-2.0
//! SetDefaultAuthorizer: for clients that name none.

use serde::Deserialize;

use super::authorizer::named;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "SetDefaultAuthorizer", run);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    authorizer_name: String,
}

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let body: Body = call.input.json()?;
    let (identity, account) = (&call.deps.identity, call.caller.account);
    let name = &body.authorizer_name;
    identity.set_default_authorizer(account, name).await?;
    Ok(Output::Json(named(&call, name)))
}
