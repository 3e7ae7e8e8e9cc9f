// SPDX-License-Identifier: Apache-2.0
//! DescribeDefaultAuthorizer.

use super::authorizer::described;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "DescribeDefaultAuthorizer", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let (identity, account) = (&call.deps.identity, call.caller.account);
    let name = identity.default_authorizer(account).await?;
    let name = name.ok_or_else(|| AwsError::not_found("there is no default authorizer"))?;
    let authorizer = identity.authorizer(account, &name).await?;
    Ok(Output::Json(described(&call, &authorizer)))
}
