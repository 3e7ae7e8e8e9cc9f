// SPDX-License-Identifier: Apache-2.0
//! ListPolicies: the account's policies by the time they were made.

use serde_json::json;

use super::{paging, shapes};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "ListPolicies", run);

const LIST: &str = "ListPolicies";

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let by = paging::by_creation(&call.input, LIST)?;
    let identity = &call.deps.identity;
    let page = identity.policies(call.caller.account, &by).await?;
    let policies = shapes::policies(&call, &page.items);
    let next = page.next.map(|place| paging::place_token(LIST, &place));
    Ok(Output::Json(shapes::without_nulls(
        json!({"policies": policies, "nextMarker": next}),
    )))
}
