// SPDX-License-Identifier: Apache-2.0
//! TagResource: puts tags on a type, group, policy or authorizer.

use serde::Deserialize;
use serde_json::json;

use super::tags::{Given, given, resource};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "TagResource", run);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    resource_arn: String,
    tags: Vec<Given>,
}

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let body: Body = call.input.json()?;
    let resource = resource(&call, &body.resource_arn)?;
    let tags = given(Some(body.tags));
    call.deps
        .fleet
        .tag(call.caller.account, resource, &tags)
        .await?;
    Ok(Output::Json(json!({})))
}
