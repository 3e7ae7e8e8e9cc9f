// SPDX-License-Identifier: Apache-2.0
//! `/api/v1/certificates/{id}/policies/{policy}` and `…/things/{thing}`: what a certificate may, and
//! what it is. In effect at once, on open connections too.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use hw_fleet::principals::Attachment;
use schemars::JsonSchema;
use serde::Deserialize;

use super::certificate_id;
use crate::auth::{Admin, Door};
use crate::described::{Answer, Operation, fields};
use crate::error::ApiError;
use crate::input::{Arguments, Path};

const OF_POLICY: &[(&str, &str)] = &[
    ("id", "Certificate id: SHA-256 of its DER"),
    ("policy", "Policy name"),
];

const OF_THING: &[(&str, &str)] = &[
    ("id", "Certificate id: SHA-256 of its DER"),
    ("thing", "Thing name"),
];

/// How it is described.
pub(crate) const ATTACH_POLICY: Operation = Operation {
    id: "attach_policy",
    tag: "devices",
    summary: "Attach a policy to a certificate",
    description: "Attached already is fine.",
    path: OF_POLICY,
    answers: &[Answer::empty(204, "Attached")],
    ..Operation::PLAIN
};

pub(crate) async fn attach_policy(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path((id, policy)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let (identity, id) = (&door.deps.identity, certificate_id(&id)?);
    identity.attach_policy(caller.account, &policy, id).await?;
    let done = format!("policy {policy} attached to certificate {id}");
    door.done(&caller, done);
    Ok(StatusCode::NO_CONTENT)
}

/// How it is described.
pub(crate) const DETACH_POLICY: Operation = Operation {
    id: "detach_policy",
    tag: "devices",
    summary: "Detach a policy from a certificate",
    description: "Not attached is fine.",
    path: OF_POLICY,
    answers: &[Answer::empty(204, "Detached")],
    ..Operation::PLAIN
};

pub(crate) async fn detach_policy(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path((id, policy)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let (identity, id) = (&door.deps.identity, certificate_id(&id)?);
    identity.certificate(caller.account, id).await?;
    identity.detach_policy(caller.account, &policy, id).await?;
    let done = format!("policy {policy} detached from certificate {id}");
    door.done(&caller, done);
    Ok(StatusCode::NO_CONTENT)
}

/// How to attach.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attaching {
    /// Whether the certificate can have no other thing. If it is left out, what is attached stays
    /// as it is, and what is not is attached with `false`.
    exclusive: Option<bool>,
}

/// How it is described.
pub(crate) const ATTACH_THING: Operation = Operation {
    id: "attach_thing",
    tag: "devices",
    summary: "Attach a certificate to a thing",
    description: "Attached already is fine.",
    path: OF_THING,
    query: Some(fields::<Attaching>),
    answers: &[Answer::empty(204, "Attached")],
    ..Operation::PLAIN
};

pub(crate) async fn attach_thing(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path((id, thing)): Path<(String, String)>,
    Arguments(attaching): Arguments<Attaching>,
) -> Result<StatusCode, ApiError> {
    let (account, id) = (caller.account, certificate_id(&id)?);
    let has = door.deps.identity.things_of_certificate(account, id);
    if attaching.exclusive.is_none() && has.await?.contains(&thing) {
        return Ok(StatusCode::NO_CONTENT);
    }
    let how = match attaching.exclusive {
        Some(true) => Attachment::Exclusive,
        _ => Attachment::NonExclusive,
    };
    let fleet = &door.deps.fleet;
    fleet.attach_principal(account, &thing, id, how).await?;
    let done = format!("certificate {id} attached to thing {thing}");
    door.done(&caller, done);
    Ok(StatusCode::NO_CONTENT)
}

/// How it is described.
pub(crate) const DETACH_THING: Operation = Operation {
    id: "detach_thing",
    tag: "devices",
    summary: "Detach a certificate from a thing",
    description: "Not attached is fine.",
    path: OF_THING,
    answers: &[Answer::empty(204, "Detached")],
    ..Operation::PLAIN
};

pub(crate) async fn detach_thing(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path((id, thing)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let (account, id) = (caller.account, certificate_id(&id)?);
    door.deps.identity.certificate(account, id).await?;
    let fleet = &door.deps.fleet;
    fleet.detach_principal(account, &thing, id).await?;
    let done = format!("certificate {id} detached from thing {thing}");
    door.done(&caller, done);
    Ok(StatusCode::NO_CONTENT)
}
