// SPDX-License-Identifier: Apache-2.0
//! ListThingPrincipalsV2: certificates attached to a thing, and how.

use serde_json::json;

use super::{arns, attachments, paging, shapes};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "ListThingPrincipalsV2", run);

const LIST: &str = "ListThingPrincipalsV2";

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let (after, count) = paging::next_token(&call.input, LIST)?;
    let query = attachments::query(&call, after.as_deref(), count)?;
    let (thing, account) = (call.input.label("thingName"), call.caller.account);
    let page = call
        .deps
        .fleet
        .principals_of_thing(account, thing, &query)
        .await?;
    let objects: Vec<_> = page
        .items
        .iter()
        .map(|(id, how)| json!({"principal": arns::certificate_of(&call, id), "thingPrincipalType": how.as_str()}))
        .collect();
    let next = page.next.map(|last| paging::token(LIST, &last));
    Ok(Output::Json(shapes::without_nulls(
        json!({"thingPrincipalObjects": objects, "nextToken": next}),
    )))
}
