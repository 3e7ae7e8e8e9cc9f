// SPDX-License-Identifier: Apache-2.0
//! GetRetainedMessage: the retained message of a topic, with its payload.
//!
//! Source: AWS IoT API reference, data plane, `GetRetainedMessage`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hw_model::topic;
use hw_policy::Action;
use serde_json::json;

use super::{may, mqtt5};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iotdata", "GetRetainedMessage", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let name = call.input.label("topic");
    topic::check_name(name).map_err(|error| AwsError::invalid(error.to_string()))?;
    let (account, region) = (call.caller.account, call.deps.identity.region());
    let resource = format!("arn:aws:iot:{region}:{account}:topic/{name}");
    may::may(&call, Action::GetRetainedMessage, &resource).await?;
    let found = call.deps.retained.retained(account, name, None, 1);
    let found = found.map_err(|error| AwsError::invalid(error.to_string()))?;
    let Some(message) = found.messages.first() else {
        let words = format!("topic {name} has no retained message");
        return Err(AwsError::new("ResourceNotFoundException", 404, words));
    };
    let mut answer = json!({
        "topic": message.topic,
        "payload": STANDARD.encode(&message.payload),
        "qos": message.qos,
        "lastModifiedTime": message.since.0 / 1_000,
    });
    if let Some(properties) = mqtt5::user_properties_of(&message.properties) {
        answer["userProperties"] = STANDARD.encode(properties).into();
    }
    Ok(Output::Json(answer))
}
