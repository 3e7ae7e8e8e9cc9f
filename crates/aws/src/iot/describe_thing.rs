// SPDX-License-Identifier: Apache-2.0
//! DescribeThing: a thing of the registry.

use serde_json::json;

use super::{arns, shapes};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "DescribeThing", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let thing = call
        .deps
        .fleet
        .thing(call.caller.account, call.input.label("thingName"))
        .await?;
    Ok(Output::Json(shapes::without_nulls(json!({
        "defaultClientId": thing.name,
        "thingName": thing.name,
        "thingId": thing.id,
        "thingArn": arns::thing(&call, &thing.name),
        "thingTypeName": thing.thing_type,
        "attributes": thing.attributes,
        "version": thing.version,
    }))))
}
