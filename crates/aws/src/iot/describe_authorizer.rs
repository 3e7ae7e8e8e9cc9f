// SPDX-License-Identifier: Apache-2.0
//! DescribeAuthorizer.

use super::authorizer::described;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "DescribeAuthorizer", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let name = call.input.label("authorizerName");
    let (identity, account) = (&call.deps.identity, call.caller.account);
    let authorizer = identity.authorizer(account, name).await?;
    Ok(Output::Json(described(&call, &authorizer)))
}
