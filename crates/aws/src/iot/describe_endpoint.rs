// SPDX-License-Identifier: Apache-2.0
//! DescribeEndpoint: what devices call this server: a bare host, for every kind of endpoint.

use serde_json::json;

use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "DescribeEndpoint", run);

/// One endpoint serves all of them.
const KINDS: &[&str] = &[
    "iot:Data-ATS",
    "iot:Data",
    "iot:CredentialProvider",
    "iot:Jobs",
];

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let kind = call.input.query("endpointType").unwrap_or("iot:Data");
    if !KINDS.contains(&kind) {
        return Err(AwsError::invalid(format!(
            "endpointType is one of {}",
            KINDS.join(", ")
        )));
    }
    Ok(Output::Json(
        json!({"endpointAddress": call.deps.public_host}),
    ))
}
