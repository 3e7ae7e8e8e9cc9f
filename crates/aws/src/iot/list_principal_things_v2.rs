// SPDX-License-Identifier: Apache-2.0
//! ListPrincipalThingsV2: things that a certificate is attached to, and how.

use serde_json::json;

use super::{attachments, certificate_id, paging, shapes};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "ListPrincipalThingsV2", run);

const LIST: &str = "ListPrincipalThingsV2";

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let certificate = certificate_id::from_principal_header(&call)?;
    let (after, count) = paging::next_token(&call.input, LIST)?;
    let query = attachments::query(&call, after.as_deref(), count)?;
    let page = call
        .deps
        .fleet
        .things_of_principal(call.caller.account, certificate, &query)
        .await?;
    let objects: Vec<_> = page
        .items
        .iter()
        .map(|(name, how)| json!({"thingName": name, "thingPrincipalType": how.as_str()}))
        .collect();
    let next = page.next.map(|last| paging::token(LIST, &last));
    Ok(Output::Json(shapes::without_nulls(
        json!({"principalThingObjects": objects, "nextToken": next}),
    )))
}
