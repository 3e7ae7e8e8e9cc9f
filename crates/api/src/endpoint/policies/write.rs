// SPDX-License-Identifier: Apache-2.0
//! Policies are made, changed and deleted. A change is in effect at once, on open connections too.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::document;
use super::shown::{self, Object, PolicyShown};
use crate::auth::{Admin, Door};
use crate::described::{Answer, Operation, wanted};
use crate::error::ApiError;
use crate::input::{self, Path};

/// A policy to make.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPolicy {
    /// 1 to 128 letters of ASCII, digits and + = , . @ - _
    #[schemars(length(min = 1, max = 128))]
    name: String,
    /// An AWS IoT policy document. Kept as it is written; its text in a string will do, too.
    #[schemars(with = "Object")]
    document: Box<RawValue>,
}

/// How it is described.
pub(crate) const CREATE: Operation = Operation {
    id: "create_policy",
    tag: "devices",
    summary: "Make a policy",
    body: Some(wanted::<NewPolicy>),
    answers: &[Answer::json::<PolicyShown>(201, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn create(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    input::Json(new): input::Json<NewPolicy>,
) -> Result<(StatusCode, Json<PolicyShown>), ApiError> {
    let (identity, account) = (&door.deps.identity, caller.account);
    let text = document::text(&new.document);
    identity.create_policy(account, &new.name, &text).await?;
    door.done(&caller, format!("policy {} made", new.name));
    let shown = shown::of(&door, account, &new.name).await?;
    Ok((StatusCode::CREATED, Json(shown)))
}

/// Another document.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyChange {
    /// The version that counted when it was read.
    version: i64,
    /// An AWS IoT policy document. Kept as it is written; its text in a string will do, too.
    #[schemars(with = "Object")]
    document: Box<RawValue>,
}

/// How it is described.
pub(crate) const REPLACE: Operation = Operation {
    id: "replace_policy",
    tag: "devices",
    summary: "Give a policy another document",
    description: "Makes a version, which counts from now on. Of five versions the oldest that does not count goes. If another version counts than the one that was read, nothing is changed (409).",
    path: &[("name", "Policy name")],
    body: Some(wanted::<PolicyChange>),
    answers: &[Answer::json::<PolicyShown>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn replace(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path(name): Path<String>,
    input::Json(change): input::Json<PolicyChange>,
) -> Result<Json<PolicyShown>, ApiError> {
    let (identity, account) = (&door.deps.identity, caller.account);
    let text = document::text(&change.document);
    let version = identity
        .replace_policy(account, &name, change.version, &text)
        .await?;
    let done = format!("policy {name} has version {version} as its default now");
    door.done(&caller, done);
    Ok(Json(shown::of(&door, account, &name).await?))
}

/// Which version is to count.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DefaultChange {
    version: i64,
}

/// How it is described.
pub(crate) const SET_DEFAULT: Operation = Operation {
    id: "set_default_policy_version",
    tag: "devices",
    summary: "Let another version of a policy count",
    path: &[("name", "Policy name")],
    body: Some(wanted::<DefaultChange>),
    answers: &[Answer::json::<PolicyShown>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn set_default(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path(name): Path<String>,
    input::Json(change): input::Json<DefaultChange>,
) -> Result<Json<PolicyShown>, ApiError> {
    let (identity, account) = (&door.deps.identity, caller.account);
    let version = change.version.to_string();
    identity
        .set_default_policy_version(account, &name, &version)
        .await?;
    let done = format!("policy {name} has version {version} as its default now");
    door.done(&caller, done);
    Ok(Json(shown::of(&door, account, &name).await?))
}

/// How it is described.
pub(crate) const DELETE: Operation = Operation {
    id: "delete_policy",
    tag: "devices",
    summary: "Delete a policy with all of its versions",
    description: "Refused (409) while it is attached.",
    path: &[("name", "Policy name")],
    answers: &[Answer::empty(204, "Deleted")],
    ..Operation::PLAIN
};

pub(crate) async fn delete(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    let identity = &door.deps.identity;
    identity
        .delete_policy_and_versions(caller.account, &name)
        .await?;
    door.done(&caller, format!("policy {name} deleted"));
    Ok(StatusCode::NO_CONTENT)
}
