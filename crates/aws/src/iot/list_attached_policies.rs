// SPDX-License-Identifier: Apache-2.0
//! ListAttachedPolicies: policies of a certificate, in pages.

use serde_json::json;

use super::{certificate_id, paging, shapes};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "ListAttachedPolicies", run);

const LIST: &str = "ListAttachedPolicies";

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let target = call.input.label("target");
    let certificate = certificate_id::from_arn(&call, target)?;
    // Groups have no policies yet, so `recursive` changes nothing for a certificate.
    call.input.flag("recursive")?;
    let account = call.caller.account;
    call.deps.identity.certificate(account, certificate).await?;
    let names = call
        .deps
        .identity
        .attached_policies(account, certificate)
        .await?;
    let (after, count) = paging::marker(&call.input, LIST)?;
    let behind = names
        .iter()
        .filter(|name| after.as_ref().is_none_or(|after| *name > after));
    let behind: Vec<&String> = behind.collect();
    let page: Vec<String> = behind.iter().take(count).copied().cloned().collect();
    let policies = shapes::policies(&call, &page);
    let next = (behind.len() > count).then(|| page.last().map(|last| paging::token(LIST, last)));
    Ok(Output::Json(shapes::without_nulls(
        json!({"policies": policies, "nextMarker": next.flatten()}),
    )))
}
