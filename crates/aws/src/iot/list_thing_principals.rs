// SPDX-License-Identifier: Apache-2.0
//! ListThingPrincipals: certificates attached to a thing.

use serde_json::json;

use super::{arns, attachments, paging, shapes};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "ListThingPrincipals", run);

const LIST: &str = "ListThingPrincipals";

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let (after, count) = paging::next_token(&call.input, LIST)?;
    let query = attachments::query(&call, after.as_deref(), count)?;
    let (thing, account) = (call.input.label("thingName"), call.caller.account);
    let page = call
        .deps
        .fleet
        .principals_of_thing(account, thing, &query)
        .await?;
    let principals: Vec<_> = page
        .items
        .iter()
        .map(|(id, _)| arns::certificate_of(&call, id))
        .collect();
    let next = page.next.map(|last| paging::token(LIST, &last));
    Ok(Output::Json(shapes::without_nulls(
        json!({"principals": principals, "nextToken": next}),
    )))
}
