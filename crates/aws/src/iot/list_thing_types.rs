// SPDX-License-Identifier: Apache-2.0
//! ListThingTypes: types by name, in pages.

use serde_json::json;

use super::thing_type::described;
use super::{paging, shapes};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "ListThingTypes", run);

const LIST: &str = "ListThingTypes";

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let (after, count) = paging::next_token(&call.input, LIST)?;
    let only = call.input.query("thingTypeName");
    let page = call
        .deps
        .fleet
        .thing_types(call.caller.account, only, after.as_deref(), count)
        .await?;
    let types: Vec<_> = page.types.iter().map(|one| described(&call, one)).collect();
    let next = page.next.map(|last| paging::token(LIST, &last));
    Ok(Output::Json(shapes::without_nulls(
        json!({"thingTypes": types, "nextToken": next}),
    )))
}
