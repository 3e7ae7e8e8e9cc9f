// SPDX-License-Identifier: Apache-2.0
//! ListTagsForResource: tags of a type, group, policy or authorizer, by key. All of them fit a page.

use serde_json::json;

use super::paging;
use super::tags::{resource, shown};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "ListTagsForResource", run);

const LIST: &str = "ListTagsForResource";

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let arn = call.input.query("resourceArn");
    let arn = arn.ok_or_else(|| AwsError::invalid("resourceArn is required"))?;
    let (after, _) = paging::next_token(&call.input, LIST)?;
    let resource = resource(&call, arn)?;
    let tags = call.deps.fleet.tags(call.caller.account, resource).await?;
    let behind = tags
        .iter()
        .filter(|tag| after.as_ref().is_none_or(|after| tag.key > *after));
    Ok(Output::Json(json!({"tags": shown(behind)})))
}
