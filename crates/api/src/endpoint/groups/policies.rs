// SPDX-License-Identifier: Apache-2.0
//! `/api/v1/groups/{name}/policies/{policy}`: what the things of a group may. In effect at once, on
//! open connections too.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use hw_identity::policies::Target;

use crate::auth::{Admin, Door};
use crate::described::{Answer, Operation};
use crate::error::ApiError;
use crate::input::Path;

const OF_GROUP: &[(&str, &str)] = &[("name", "Name of the group"), ("policy", "Policy name")];

/// How it is described.
pub(crate) const ATTACH: Operation = Operation {
    id: "attach_group_policy",
    tag: "devices",
    summary: "Attach a policy to a thing group",
    description: "It holds for the things in it and in the groups below it. Attached already is fine.",
    path: OF_GROUP,
    answers: &[Answer::empty(204, "Attached")],
    ..Operation::PLAIN
};

pub(crate) async fn attach(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path((name, policy)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let (identity, group) = (&door.deps.identity, Target::Group(name.clone()));
    let attached = identity.attach_policy(caller.account, &policy, group);
    attached.await?;
    let done = format!("policy {policy} attached to thing group {name}");
    door.done(&caller, done);
    Ok(StatusCode::NO_CONTENT)
}

/// How it is described.
pub(crate) const DETACH: Operation = Operation {
    id: "detach_group_policy",
    tag: "devices",
    summary: "Detach a policy from a thing group",
    description: "Not attached is fine.",
    path: OF_GROUP,
    answers: &[Answer::empty(204, "Detached")],
    ..Operation::PLAIN
};

pub(crate) async fn detach(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path((name, policy)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let (identity, group) = (&door.deps.identity, Target::Group(name.clone()));
    identity.check_target(caller.account, &group).await?;
    let detached = identity.detach_policy(caller.account, &policy, group);
    detached.await?;
    let done = format!("policy {policy} detached from thing group {name}");
    door.done(&caller, done);
    Ok(StatusCode::NO_CONTENT)
}
