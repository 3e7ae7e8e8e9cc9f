// SPDX-License-Identifier: Apache-2.0
//! DescribeThingType: a type of things.

use serde_json::json;

use super::thing_type::described;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "DescribeThingType", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let thing_type = call
        .deps
        .fleet
        .thing_type(call.caller.account, call.input.label("thingTypeName"))
        .await?;
    let mut answer = described(&call, &thing_type);
    answer["thingTypeId"] = json!(thing_type.id);
    Ok(Output::Json(answer))
}
