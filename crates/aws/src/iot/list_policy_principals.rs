// SPDX-License-Identifier: Apache-2.0
//! ListPolicyPrincipals: who has a policy (the older name of ListTargetsForPolicy).

use serde_json::json;

use super::{arns, paging, shapes};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "ListPolicyPrincipals", run);

const LIST: &str = "ListPolicyPrincipals";

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let policy = call.input.header("x-amzn-iot-policy");
    let policy = policy.ok_or_else(|| AwsError::invalid("policyName is required"))?;
    let by = paging::by_creation(&call.input, LIST)?;
    let page = call
        .deps
        .identity
        .principals_of(call.caller.account, policy, &by)
        .await?;
    let principals: Vec<_> = page
        .items
        .iter()
        .map(|id| arns::certificate_of(&call, id))
        .collect();
    let next = page.next.map(|place| paging::place_token(LIST, &place));
    Ok(Output::Json(shapes::without_nulls(
        json!({"principals": principals, "nextMarker": next}),
    )))
}
