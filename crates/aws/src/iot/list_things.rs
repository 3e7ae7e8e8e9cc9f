// SPDX-License-Identifier: Apache-2.0
//! ListThings: things by name, in pages.

use hw_fleet::things::ThingFilter;
use serde_json::json;

use super::{arns, paging, shapes};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "ListThings", run);

const LIST: &str = "ListThings";

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let input = &call.input;
    let owned = |name| input.query(name).map(str::to_owned);
    let filter = ThingFilter {
        attribute_name: owned("attributeName"),
        attribute_value: owned("attributeValue"),
        prefix: input.flag("usePrefixAttributeValue")?,
        thing_type: owned("thingTypeName"),
    };
    if filter.attribute_name.is_none() && filter.attribute_value.is_some() {
        return Err(AwsError::invalid(
            "attributeValue needs attributeName beside it",
        ));
    }
    let (after, count) = paging::next_token(input, LIST)?;
    let page = call
        .deps
        .fleet
        .things(call.caller.account, &filter, after.as_deref(), count)
        .await?;
    let things: Vec<_> = page
        .things
        .iter()
        .map(|thing| {
            shapes::without_nulls(json!({
                "thingName": thing.name,
                "thingTypeName": thing.thing_type,
                "thingArn": arns::thing(&call, &thing.name),
                "attributes": thing.attributes,
                "version": thing.version,
            }))
        })
        .collect();
    let next = page.next.map(|last| paging::token(LIST, &last));
    Ok(Output::Json(shapes::without_nulls(
        json!({"things": things, "nextToken": next}),
    )))
}
