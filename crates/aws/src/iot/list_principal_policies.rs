// SPDX-License-Identifier: Apache-2.0
//! ListPrincipalPolicies: policies of a certificate (the older name of ListAttachedPolicies).

use serde_json::json;

use super::{certificate_id, paging, shapes};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "ListPrincipalPolicies", run);

const LIST: &str = "ListPrincipalPolicies";

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let certificate = certificate_id::from_iot_principal_header(&call)?;
    let by = paging::by_creation(&call.input, LIST)?;
    let page = call
        .deps
        .identity
        .policies_of(call.caller.account, certificate, &by)
        .await?;
    let policies = shapes::policies(&call, &page.items);
    let next = page.next.map(|place| paging::place_token(LIST, &place));
    Ok(Output::Json(shapes::without_nulls(
        json!({"policies": policies, "nextMarker": next}),
    )))
}
