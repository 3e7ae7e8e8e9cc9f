// SPDX-License-Identifier: Apache-2.0
//! ListAttachedPolicies: policies of a certificate or thing group, in pages; of a group with
//! `recursive=true` those of the groups above it, too.

use hw_identity::policies::Target;
use serde_json::json;

use super::{paging, policy_target, shapes};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "ListAttachedPolicies", run);

const LIST: &str = "ListAttachedPolicies";

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let target = policy_target::from_arn(&call, call.input.label("target"))?;
    let recursive = call.input.flag("recursive")?;
    let (identity, account) = (&call.deps.identity, call.caller.account);
    identity.check_target(account, &target).await?;
    let names = match &target {
        Target::Group(group) if recursive => identity.inherited_policies(account, group).await?,
        _ => identity.attached_policies(account, target.clone()).await?,
    };
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
