// SPDX-License-Identifier: Apache-2.0
//! `/api/v1/things/{name}/principals`: what a thing comes in with.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hw_identity::thing_credentials::{AttachedCertificate, ThingUser};
use schemars::JsonSchema;
use serde::Serialize;

use crate::auth::{Caller, Door};
use crate::described::{Answer, Operation};
use crate::error::ApiError;
use crate::input::Path;
use crate::moment::Moment;

/// What a thing comes in with.
#[derive(Serialize, JsonSchema)]
pub(crate) struct PrincipalList {
    /// Certificates that are attached to it, by id.
    certificates: Vec<ThingCertificate>,
    /// MQTT users that are this thing, by name.
    mqtt_users: Vec<ThingMqttUser>,
}

/// A certificate that is attached to a thing.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ThingCertificate {
    /// SHA-256 of its DER.
    id: String,
    /// `ACTIVE`, `INACTIVE`, `REVOKED`, …
    status: String,
    not_after: Moment,
    /// Names of the policies that are attached to it.
    policies: Vec<String>,
    /// Whether it can have no other thing.
    exclusive: bool,
}

/// An MQTT user that is a thing.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ThingMqttUser {
    name: String,
    /// Names of its policies.
    policies: Vec<String>,
}

impl From<AttachedCertificate> for ThingCertificate {
    fn from(it: AttachedCertificate) -> Self {
        Self {
            id: it.id.to_string(),
            status: it.status,
            not_after: it.not_after.into(),
            policies: it.policies,
            exclusive: it.exclusive,
        }
    }
}

impl From<ThingUser> for ThingMqttUser {
    fn from(it: ThingUser) -> Self {
        Self {
            name: it.name,
            policies: it.policies,
        }
    }
}

/// How it is described.
pub(crate) const LIST: Operation = Operation {
    id: "list_thing_principals",
    tag: "devices",
    summary: "What a thing comes in with: certificates and MQTT users",
    path: &[("name", "Thing name")],
    answers: &[Answer::json::<PrincipalList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn list(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<PrincipalList>, ApiError> {
    let (identity, account) = (&door.deps.identity, caller.account);
    door.deps.fleet.thing(account, &name).await?;
    let found = identity.principals_of_thing(account, &name).await?;
    let (certificates, users) = (found.certificates.into_iter(), found.mqtt_users.into_iter());
    Ok(Json(PrincipalList {
        certificates: certificates.map(ThingCertificate::from).collect(),
        mqtt_users: users.map(ThingMqttUser::from).collect(),
    }))
}
