// SPDX-License-Identifier: Apache-2.0
//! ListPrincipalThings: things that a certificate is attached to.

use serde_json::json;

use super::{attachments, certificate_id, paging, shapes};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "ListPrincipalThings", run);

const LIST: &str = "ListPrincipalThings";

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let certificate = certificate_id::from_principal_header(&call)?;
    let (after, count) = paging::next_token(&call.input, LIST)?;
    let query = attachments::query(&call, after.as_deref(), count)?;
    let page = call
        .deps
        .fleet
        .things_of_principal(call.caller.account, certificate, &query)
        .await?;
    let things: Vec<_> = page.items.iter().map(|(name, _)| name).collect();
    let next = page.next.map(|last| paging::token(LIST, &last));
    Ok(Output::Json(shapes::without_nulls(
        json!({"things": things, "nextToken": next}),
    )))
}
