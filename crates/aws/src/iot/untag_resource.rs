// SPDX-License-Identifier: Apache-2.0
//! UntagResource: takes tags off, by their keys.

use hw_model::tag::TAGS_MAX;
use serde::Deserialize;
use serde_json::json;

use super::tags::resource;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "UntagResource", run);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    resource_arn: String,
    tag_keys: Vec<String>,
}

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let body: Body = call.input.json()?;
    let resource = resource(&call, &body.resource_arn)?;
    if body.tag_keys.len() > TAGS_MAX {
        return Err(AwsError::invalid(format!(
            "tagKeys has at most {TAGS_MAX} entries"
        )));
    }
    call.deps
        .fleet
        .untag(call.caller.account, resource, &body.tag_keys)
        .await?;
    Ok(Output::Json(json!({})))
}
