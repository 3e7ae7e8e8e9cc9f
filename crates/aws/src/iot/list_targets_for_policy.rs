// SPDX-License-Identifier: Apache-2.0
//! ListTargetsForPolicy: whom a policy is attached to.

use serde_json::json;

use super::{arns, paging, shapes};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "ListTargetsForPolicy", run);

const LIST: &str = "ListTargetsForPolicy";

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let policy = call.input.label("policyName");
    let (after, count) = paging::marker(&call.input, LIST)?;
    let page = call
        .deps
        .identity
        .policy_targets(call.caller.account, policy, after.as_deref(), count)
        .await?;
    let targets: Vec<_> = page
        .items
        .iter()
        .map(|id| arns::certificate_of(&call, id))
        .collect();
    let next = page.next.map(|last| paging::token(LIST, &last));
    Ok(Output::Json(shapes::without_nulls(
        json!({"targets": targets, "nextMarker": next}),
    )))
}
