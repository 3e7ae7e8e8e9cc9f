// SPDX-License-Identifier: Apache-2.0
//! `POST /api/v1/authorizations`: what policies say of a certificate, an MQTT user, or of all that a
//! thing comes in with. Policies alone are asked; a certificate's status is not.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hw_identity::authorization::{Judgement, Question, Subject};
use hw_identity::mqtt_users::NAME_CHARS_MAX;
use hw_model::arn::{Kind, iot};
use hw_model::{AccountId, ErrorKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::certificates::certificate_id;
use crate::auth::{Caller, Door};
use crate::described::{Answer, Operation, wanted};
use crate::error::ApiError;
use crate::input;
use crate::limits::{ACTIONS_MAX, ASKED_PRINCIPALS_MAX};

/// Longest topic or client id, in bytes: as long as MQTT has them.
const TOPIC_BYTES_MAX: usize = 65_535;

/// What to ask. One of `certificate`, `mqtt_user` and `thing` is there.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asking {
    /// A certificate's id.
    certificate: Option<String>,
    /// A user name.
    mqtt_user: Option<String>,
    /// A thing: all that it comes in with is asked, each for itself.
    thing: Option<String>,
    /// The MQTT client id. If it is left out, a thing's is its name, and others publish by HTTPS,
    /// where there is none.
    client_id: Option<String>,
    #[schemars(length(min = 1, max = 10))]
    actions: Vec<AskedAction>,
}

/// An action on a topic.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskedAction {
    action: Action,
    /// A topic name; a topic filter for `iot:Subscribe`; the client id for `iot:Connect`.
    topic: String,
}

/// What somebody wants to do.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Action {
    #[serde(rename = "iot:Connect")]
    Connect,
    #[serde(rename = "iot:Publish")]
    Publish,
    #[serde(rename = "iot:RetainPublish")]
    RetainPublish,
    #[serde(rename = "iot:Subscribe")]
    Subscribe,
    #[serde(rename = "iot:Receive")]
    Receive,
}

/// Answers.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Authorizations {
    /// Of each principal, in the order of the actions.
    results: Vec<Authorization>,
}

/// What policies say.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Authorization {
    principal: AskedPrincipal,
    action: Action,
    topic: String,
    /// `allowed`, `explicit_deny` or `implicit_deny`: no policy allows it.
    decision: String,
    /// Names of policies.
    allowed_by: Vec<String>,
    denied_by: Vec<String>,
    /// Those that say nothing of it.
    silent: Vec<String>,
    /// Policy variables and condition keys without a value here.
    missing: Vec<String>,
}

/// Who was asked about.
#[derive(Clone, Serialize, JsonSchema)]
pub(crate) struct AskedPrincipal {
    /// `certificate` or `mqtt_user`.
    kind: &'static str,
    /// Certificate id or user name.
    id: String,
}

impl Action {
    fn name_and_kind(self) -> (&'static str, Kind) {
        match self {
            Action::Connect => ("iot:Connect", Kind::Client),
            Action::Publish => ("iot:Publish", Kind::Topic),
            Action::RetainPublish => ("iot:RetainPublish", Kind::Topic),
            Action::Subscribe => ("iot:Subscribe", Kind::TopicFilter),
            Action::Receive => ("iot:Receive", Kind::Topic),
        }
    }
}

/// How it is described.
pub(crate) const ASK: Operation = Operation {
    id: "test_authorizations",
    tag: "devices",
    summary: "What policies say, without a connection",
    description: "Of a certificate, an MQTT user, or each of those that a thing has (20 at most).",
    body: Some(wanted::<Asking>),
    answers: &[Answer::json::<Authorizations>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn ask(
    State(door): State<Arc<Door>>,
    caller: Caller,
    input::Json(asking): input::Json<Asking>,
) -> Result<Json<Authorizations>, ApiError> {
    let (identity, account) = (&door.deps.identity, caller.account);
    check(&asking)?;
    let subjects = subjects(&door, account, &asking).await?;
    let client_id = asking.client_id.as_ref().or(asking.thing.as_ref());
    let questions: Vec<_> = asking
        .actions
        .iter()
        .map(|asked| question(identity.region(), account, client_id, asked))
        .collect();
    let mut results = Vec::new();
    for subject in &subjects {
        let judged = identity.judge(account, subject, &questions).await?;
        let judged = asking.actions.iter().zip(judged);
        results.extend(judged.map(|(asked, judgement)| result(subject, asked, judgement)));
    }
    Ok(Json(Authorizations { results }))
}

fn check(asking: &Asking) -> Result<(), ApiError> {
    if !(1..=ACTIONS_MAX).contains(&asking.actions.len()) {
        let message = format!("`actions` has 1 to {ACTIONS_MAX} entries");
        return Err(ApiError::invalid(message));
    }
    let long = |asked: &AskedAction| asked.topic.len() > TOPIC_BYTES_MAX;
    if asking.actions.iter().any(long) {
        let message = format!("a topic has at most {TOPIC_BYTES_MAX} bytes");
        return Err(ApiError::invalid(message));
    }
    Ok(())
}

/// Whose policies are asked.
async fn subjects(
    door: &Door,
    account: AccountId,
    asking: &Asking,
) -> Result<Vec<Subject>, ApiError> {
    match (&asking.certificate, &asking.mqtt_user, &asking.thing) {
        (Some(id), None, None) => Ok(vec![Subject::Certificate(certificate_id(id)?)]),
        (None, Some(name), None) => {
            let name = name.chars().take(NAME_CHARS_MAX + 1).collect();
            Ok(vec![Subject::MqttUser(name)])
        }
        (None, None, Some(thing)) => {
            door.deps.fleet.thing(account, thing).await?;
            of_thing(door, account, thing).await
        }
        _ => {
            let message = "send one of `certificate`, `mqtt_user` and `thing`";
            Err(ApiError::invalid(message))
        }
    }
}

async fn of_thing(door: &Door, account: AccountId, thing: &str) -> Result<Vec<Subject>, ApiError> {
    let identity = &door.deps.identity;
    let found = identity.principals_of_thing(account, thing).await?;
    let certificates = found.certificates.into_iter();
    let certificates = certificates.map(|it| Subject::Certificate(it.id));
    let users = found.mqtt_users.into_iter();
    let users = users.map(|user| Subject::MqttUser(user.name));
    let subjects: Vec<Subject> = certificates.chain(users).collect();
    if subjects.len() > ASKED_PRINCIPALS_MAX {
        let message = format!(
            "thing {thing} has more than {ASKED_PRINCIPALS_MAX} certificates and MQTT users \
             (asked_principals_max): ask about one of them"
        );
        let error = ApiError::new(ErrorKind::Limit, message);
        return Err(error.status(http::StatusCode::UNPROCESSABLE_ENTITY));
    }
    Ok(subjects)
}

/// Who connects has the client id that it connects with.
fn question(
    region: &str,
    account: AccountId,
    client_id: Option<&String>,
    asked: &AskedAction,
) -> (Option<String>, Question) {
    let (name, kind) = asked.action.name_and_kind();
    let client_id = match asked.action {
        Action::Connect => Some(&asked.topic),
        _ => client_id,
    };
    let question = Question {
        action: name.to_owned(),
        resources: vec![iot(region, account, kind, &asked.topic)],
    };
    (client_id.cloned(), question)
}

fn result(subject: &Subject, asked: &AskedAction, judgement: Judgement) -> Authorization {
    let principal = match subject {
        Subject::Certificate(id) => AskedPrincipal {
            kind: "certificate",
            id: id.to_string(),
        },
        Subject::MqttUser(name) => AskedPrincipal {
            kind: "mqtt_user",
            id: name.clone(),
        },
    };
    Authorization {
        principal,
        action: asked.action,
        topic: asked.topic.clone(),
        decision: judgement.effect.as_str().to_ascii_lowercase(),
        allowed_by: judgement.allow,
        denied_by: judgement.deny,
        silent: judgement.silent,
        missing: judgement.missing,
    }
}
