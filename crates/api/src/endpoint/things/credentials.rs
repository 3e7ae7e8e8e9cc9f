// SPDX-License-Identifier: Apache-2.0
//! `/api/v1/things/{name}/credentials`: all that a device needs to come in as a thing, at once.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use hw_identity::IdentityError;
use hw_identity::mqtt_users::MqttUserSettings;
use hw_identity::thing_credentials::DEVICE_POLICY;
use hw_model::{AccountId, ErrorKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::auth::{Admin, Door};
use crate::described::{Answer, Operation, wanted};
use crate::error::ApiError;
use crate::input::{self, Path};

/// Credentials to make.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCredentials {
    way: Way,
    /// A policy of the account. If it is left out, `headwater-device`, which is made if it is not
    /// there: a device connects with its thing's name as client id, and has the topics under
    /// `devices/NAME` and `$aws/things/NAME`.
    policy: Option<String>,
    /// A certificate signing request in PEM, for a key that the device keeps; its subject does not
    /// count. Without it a key pair is made.
    csr: Option<String>,
}

/// How the device comes in.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Way {
    Certificate,
    Password,
}

/// What was made, whole, this one time.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MadeCredentials {
    certificate: Option<MadeCertificate>,
    password: Option<MadePassword>,
    /// The policy that decides.
    policy: String,
    /// What the device trusts: PEM.
    ca_pem: String,
}

/// A certificate, ACTIVE and attached to the thing alone.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MadeCertificate {
    /// SHA-256 of its DER.
    id: String,
    pem: String,
    /// null if the device made its own.
    private_key_pem: Option<String>,
    /// null if the device made its own.
    public_key_pem: Option<String>,
}

/// An MQTT user.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MadePassword {
    /// The thing's name.
    user_name: String,
    password: String,
}

/// How it is described.
pub(crate) const CREATE: Operation = Operation {
    id: "create_thing_credentials",
    tag: "devices",
    summary: "Make what a device needs to come in as a thing: certificate and key, or user name and password",
    description: "With a policy, attached to the thing, ready to use; all of it or nothing. Keys and passwords are told this one time and not kept.",
    path: &[("name", "Thing name")],
    body: Some(wanted::<NewCredentials>),
    answers: &[Answer::json::<MadeCredentials>(201, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn create(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path(name): Path<String>,
    input::Json(new): input::Json<NewCredentials>,
) -> Result<(StatusCode, Json<MadeCredentials>), ApiError> {
    let (identity, account) = (&door.deps.identity, caller.account);
    if new.way == Way::Password && new.csr.is_some() {
        return Err(ApiError::invalid("`csr` goes with `way` certificate alone"));
    }
    door.deps.fleet.thing(account, &name).await?;
    let (policy, was_made) = match &new.policy {
        Some(named) => (identity.policy(account, named).await?.name, false),
        None => {
            let was_made = identity.ensure_device_policy(account).await?;
            (DEVICE_POLICY.to_owned(), was_made)
        }
    };
    let made = match new.way {
        Way::Certificate => certificate(&door, account, (&name, &policy), new.csr.as_deref()).await,
        Way::Password => password(&door, account, (&name, &policy)).await,
    };
    if made.is_err() && was_made {
        // Made for this alone; if somebody has it by now, it stays.
        let _ = identity.delete_policy(account, &policy).await;
    }
    let (what, certificate, password) = match made? {
        Made::Certificate(made) => (format!("certificate {}", made.id), Some(made), None),
        Made::Password(made) => (format!("MQTT user {}", made.user_name), None, Some(made)),
    };
    door.done(&caller, format!("{what} made for thing {name}"));
    let answer = MadeCredentials {
        certificate,
        password,
        policy,
        ca_pem: door.deps.authority.certificate_pem.clone(),
    };
    Ok((StatusCode::CREATED, Json(answer)))
}

enum Made {
    Certificate(MadeCertificate),
    Password(MadePassword),
}

async fn certificate(
    door: &Door,
    account: AccountId,
    thing_and_policy: (&str, &str),
    csr: Option<&str>,
) -> Result<Made, ApiError> {
    let made = door
        .deps
        .identity
        .create_certificate_for_thing(account, &door.deps.authority, thing_and_policy, csr)
        .await?;
    let keys = made
        .keys
        .map(|keys| (keys.private.to_string(), keys.public));
    let (private_key_pem, public_key_pem) = keys.unzip();
    Ok(Made::Certificate(MadeCertificate {
        id: made.certificate.id.to_string(),
        pem: made.certificate.pem,
        private_key_pem,
        public_key_pem,
    }))
}

async fn password(
    door: &Door,
    account: AccountId,
    (thing, policy): (&str, &str),
) -> Result<Made, ApiError> {
    let settings = MqttUserSettings {
        policies: vec![policy.to_owned()],
        thing: Some(thing.to_owned()),
    };
    let identity = &door.deps.identity;
    let made = identity
        .create_mqtt_user(account, thing, &settings, None)
        .await;
    let made = made.map_err(|error| match error {
        IdentityError::Exists { .. } => {
            let message = format!(
                "there is an MQTT user {thing} already; give it another password, or delete it first"
            );
            ApiError::new(ErrorKind::Conflict, message)
        }
        error => error.into(),
    })?;
    let made = made.ok_or_else(|| ApiError::internal(&"no password was made"))?;
    Ok(Made::Password(MadePassword {
        user_name: thing.to_owned(),
        password: made.expose().clone(),
    }))
}
