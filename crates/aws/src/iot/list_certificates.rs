// SPDX-License-Identifier: Apache-2.0
//! ListCertificates: the account's certificates by the time they were registered.

use serde_json::json;

use super::{arns, paging, shapes};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "ListCertificates", run);

const LIST: &str = "ListCertificates";

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let by = paging::by_creation(&call.input, LIST)?;
    let identity = &call.deps.identity;
    let page = identity.certificates(call.caller.account, &by).await?;
    let certificates: Vec<_> = page
        .items
        .iter()
        .map(|listed| {
            json!({
                "certificateArn": arns::certificate(&call, listed.id),
                "certificateId": listed.id.to_string(),
                "status": listed.status,
                "certificateMode": listed.mode,
                "creationDate": listed.created.seconds_f64(),
            })
        })
        .collect();
    let next = page.next.map(|place| paging::place_token(LIST, &place));
    Ok(Output::Json(shapes::without_nulls(
        json!({"certificates": certificates, "nextMarker": next}),
    )))
}
