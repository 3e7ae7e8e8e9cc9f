// SPDX-License-Identifier: Apache-2.0
//! ListTargetsForPolicy: whom a policy is attached to.

use hw_identity::policies::Target;
use serde_json::json;

use super::{paging, shapes};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "ListTargetsForPolicy", run);

const LIST: &str = "ListTargetsForPolicy";

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let policy = call.input.label("policyName");
    let (after, count) = paging::marker(&call.input, LIST)?;
    let after = after.as_deref().and_then(place);
    let (identity, account) = (&call.deps.identity, call.caller.account);
    let page = identity
        .policy_targets(account, policy, after.as_ref(), count)
        .await?;
    let targets = page.items.iter();
    let targets: Vec<_> = targets
        .map(|target| target.arn(identity.region(), account))
        .collect();
    let next = page.next.map(|last| {
        let place = format!("{}/{}", last.kind().as_str(), last.name());
        paging::token(LIST, &place)
    });
    Ok(Output::Json(shapes::without_nulls(
        json!({"targets": targets, "nextMarker": next}),
    )))
}

/// From a token of this list.
fn place(text: &str) -> Option<Target> {
    let (kind, name) = text.split_once('/')?;
    Target::parse(kind, name)
}
