// SPDX-License-Identifier: Apache-2.0
//! Publish: a message over HTTPS. With QoS 1 the answer means that it is durable.
//!
//! Source: AWS IoT developer guide, "Device communication protocols", HTTPS.

use hw_kernel::{Event, IngestError, Principal, Submission};
use serde_json::json;

use super::mqtt5;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iotdata", "Publish", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let (deps, input) = (call.deps, &call.input);
    let wait = match input.query("qos").unwrap_or("0") {
        "0" => false,
        "1" => true,
        _ => return Err(AwsError::invalid("qos must be 0 or 1")),
    };
    let topic = input.label("topic");
    if topic.is_empty() {
        return Err(AwsError::invalid("the topic is empty"));
    }
    let bytes_max = deps.payload_bytes_max;
    if input.body.len() > bytes_max {
        let message = format!("a payload has at most {bytes_max} bytes (mqtt.payload_bytes_max)");
        return Err(AwsError::new(
            "RequestEntityTooLargeException",
            413,
            message,
        ));
    }
    let principal = call.caller.principal(deps).await?;
    let submission = Submission {
        principal: principal.clone(),
        address: call.caller.address,
        server_name: call.caller.server_name.clone(),
        topic: topic.to_owned(),
        payload: input.body.clone(),
        properties: mqtt5::properties(input)?,
        wait,
        retain: input.flag("retain")?,
    };
    match deps.ingest.publish(submission).await {
        Ok(trace) => {
            let trace = trace.to_string();
            Ok(Output::Json(json!({"message": "OK", "traceId": trace})))
        }
        Err(error) => Err(refuse(&call, &principal, error)),
    }
}

fn refuse(call: &Call<'_>, principal: &Principal, error: IngestError) -> AwsError {
    let topic = call.input.label("topic");
    if !matches!(error, IngestError::Busy(_)) {
        let mut event = Event::new(principal.account, "publish", "refused", error.to_string());
        event.principal = Some(principal.id.to_string());
        event.thing = principal.thing_for("").map(|thing| thing.name.clone());
        event.topic = Some(topic.to_owned());
        event.address = Some(call.caller.address.to_string());
        call.deps.events.emit(event);
    }
    match error {
        IngestError::Invalid(why) => AwsError::invalid(why),
        // Why stands in the events; who is refused learns no policies.
        IngestError::Denied(_) => AwsError::new("ForbiddenException", 403, "Forbidden"),
        IngestError::TooFast(why) => AwsError::new("ThrottlingException", 429, why),
        IngestError::Busy(why) | IngestError::NotStored(why) => {
            AwsError::new("ServiceUnavailableException", 503, why)
        }
    }
}
