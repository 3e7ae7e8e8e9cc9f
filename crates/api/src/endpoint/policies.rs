// SPDX-License-Identifier: Apache-2.0
//! `/api/v1/policies`: AWS IoT policies and their versions.

pub(crate) mod check;
pub(crate) mod document;
pub(crate) mod shown;
pub(crate) mod write;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::auth::{Caller, Door};
use crate::described::{Answer, Operation, fields};
use crate::error::ApiError;
use crate::input::{Arguments, Path, page_rows};
use shown::{ListedPolicy, PolicyList, PolicyShown, VersionShown};

/// Which page of the list.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PoliciesWanted {
    /// At most so many: 1 to 1,000; 100 if it is left out.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// How it is described.
pub(crate) const LIST: Operation = Operation {
    id: "list_policies",
    tag: "devices",
    summary: "List policies",
    query: Some(fields::<PoliciesWanted>),
    answers: &[Answer::json::<PolicyList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn list(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Arguments(wanted): Arguments<PoliciesWanted>,
) -> Result<Json<PolicyList>, ApiError> {
    let (identity, count) = (&door.deps.identity, page_rows(wanted.limit)?);
    let after = wanted.after.as_deref();
    let page = identity
        .policies_by_name(caller.account, after, count as usize)
        .await?;
    Ok(Json(PolicyList {
        policies: page.items.into_iter().map(ListedPolicy::from).collect(),
        next: page.next,
    }))
}

/// How it is described.
pub(crate) const ONE: Operation = Operation {
    id: "get_policy",
    tag: "devices",
    summary: "A policy, with the document that counts, its versions, and whom it is attached to",
    path: &[("name", "Policy name")],
    answers: &[Answer::json::<PolicyShown>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn one(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<PolicyShown>, ApiError> {
    Ok(Json(shown::of(&door, caller.account, &name).await?))
}

/// How it is described.
pub(crate) const VERSION: Operation = Operation {
    id: "get_policy_version",
    tag: "devices",
    summary: "A version of a policy",
    path: &[
        ("name", "Policy name"),
        ("version", "Number of the version"),
    ],
    answers: &[Answer::json::<VersionShown>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn version(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Path((name, version)): Path<(String, String)>,
) -> Result<Json<VersionShown>, ApiError> {
    let identity = &door.deps.identity;
    let found = identity.policy_version(caller.account, &name, &version);
    Ok(Json(VersionShown::new(found.await?)?))
}
