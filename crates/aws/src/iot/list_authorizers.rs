// SPDX-License-Identifier: Apache-2.0
//! ListAuthorizers: by name.

use serde_json::{Value, json};

use super::authorizer::{active, named};
use super::{paging, shapes};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "ListAuthorizers", run);

const LIST: &str = "ListAuthorizers";

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let (after, count) = paging::marker(&call.input, LIST)?;
    let status = call.input.query("status").map(active).transpose()?;
    let ascending = call.input.flag("isAscendingOrder")?;
    let (identity, account) = (&call.deps.identity, call.caller.account);
    let page = identity
        .authorizers(account, status, ascending, after.as_deref(), count)
        .await?;
    let authorizers: Vec<Value> = page.items.iter().map(|name| named(&call, name)).collect();
    let next = page.next.map(|last| paging::token(LIST, &last));
    Ok(Output::Json(shapes::without_nulls(
        json!({"authorizers": authorizers, "nextMarker": next}),
    )))
}
