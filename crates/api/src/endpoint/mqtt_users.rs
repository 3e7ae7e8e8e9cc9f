// SPDX-License-Identifier: Apache-2.0
//! `/api/v1/mqtt-users`: devices that come in with user name and password.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use hw_identity::mqtt_users::{MqttUser, MqttUserSettings};
use hw_model::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::auth::{Admin, Door};
use crate::described::{Answer, Operation, fields, wanted};
use crate::error::ApiError;
use crate::input::{self, Arguments, Path, page_rows};
use crate::moment::Moment;

/// Which page of the list.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// At most so many users: 1 to 1,000; 100 if it is left out.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// A device with user name and password.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ListedMqttUser {
    name: String,
    /// Names of the policies that decide for it.
    policies: Vec<String>,
    /// The thing that it is.
    thing: Option<String>,
    created: Moment,
    password_changed: Moment,
}

/// A page of them.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MqttUserList {
    /// By name.
    mqtt_users: Vec<ListedMqttUser>,
    /// What to send as `after` for the next page; null at the end.
    next: Option<String>,
}

/// One to make.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMqttUser {
    /// 1 to 128 letters, digits and . _ @ + : -
    #[schemars(length(min = 1, max = 128))]
    name: String,
    /// At least 12 characters; one is made if it is left out.
    #[schemars(with = "Option<String>")]
    password: Option<Secret>,
    /// Names of policies; at most 10.
    #[serde(default)]
    #[schemars(length(max = 10))]
    policies: Vec<String>,
    /// A thing of the registry.
    thing: Option<String>,
}

/// One that was made.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MadeMqttUser {
    user: ListedMqttUser,
    /// The password that was made for it, this one time; null if it was given.
    password: Option<String>,
}

/// What it may and is from now on.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MqttUserChange {
    /// Names of policies; at most 10.
    #[schemars(length(max = 10))]
    policies: Vec<String>,
    /// A thing of the registry; none if it is left out.
    thing: Option<String>,
}

/// A password to set.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMqttPassword {
    /// At least 12 characters; one is made if it is left out.
    #[schemars(with = "Option<String>")]
    password: Option<Secret>,
}

/// The password that was set.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MadeMqttPassword {
    /// The one that was made, this one time; null if it was given.
    password: Option<String>,
}

impl From<MqttUser> for ListedMqttUser {
    fn from(user: MqttUser) -> Self {
        Self {
            name: user.name,
            policies: user.policies,
            thing: user.thing,
            created: user.created.into(),
            password_changed: user.password_changed.into(),
        }
    }
}

/// How it is described.
pub(crate) const LIST: Operation = Operation {
    id: "list_mqtt_users",
    tag: "devices",
    summary: "List devices with user name and password",
    query: Some(fields::<Wanted>),
    answers: &[Answer::json::<MqttUserList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn list(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Arguments(wanted): Arguments<Wanted>,
) -> Result<Json<MqttUserList>, ApiError> {
    let (identity, count) = (&door.deps.identity, page_rows(wanted.limit)?);
    let after = wanted.after.as_deref();
    let page = identity
        .mqtt_users(caller.account, after, count as usize)
        .await?;
    Ok(Json(MqttUserList {
        mqtt_users: page.items.into_iter().map(ListedMqttUser::from).collect(),
        next: page.next,
    }))
}

/// How it is described.
pub(crate) const ONE: Operation = Operation {
    id: "get_mqtt_user",
    tag: "devices",
    summary: "A device with user name and password",
    path: &[("name", "User name")],
    answers: &[Answer::json::<ListedMqttUser>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn one(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path(name): Path<String>,
) -> Result<Json<ListedMqttUser>, ApiError> {
    let user = door.deps.identity.mqtt_user(caller.account, &name).await?;
    Ok(Json(user.into()))
}

/// How it is described.
pub(crate) const CREATE: Operation = Operation {
    id: "create_mqtt_user",
    tag: "devices",
    summary: "Make a device with user name and password",
    body: Some(wanted::<NewMqttUser>),
    answers: &[Answer::json::<MadeMqttUser>(201, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn create(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    input::Json(wanted): input::Json<NewMqttUser>,
) -> Result<(StatusCode, Json<MadeMqttUser>), ApiError> {
    let (identity, name) = (&door.deps.identity, wanted.name.as_str());
    let settings = MqttUserSettings {
        policies: wanted.policies,
        thing: wanted.thing,
    };
    let made = identity
        .create_mqtt_user(caller.account, name, &settings, wanted.password)
        .await?;
    door.done(&caller, format!("MQTT user {name} made"));
    let answer = MadeMqttUser {
        user: identity.mqtt_user(caller.account, name).await?.into(),
        password: made.map(|made| made.expose().clone()),
    };
    Ok((StatusCode::CREATED, Json(answer)))
}

/// How it is described.
pub(crate) const CHANGE: Operation = Operation {
    id: "change_mqtt_user",
    tag: "devices",
    summary: "Give a device with a password other policies and another thing",
    description: "In effect at once, on open connections too.",
    path: &[("name", "User name")],
    body: Some(wanted::<MqttUserChange>),
    answers: &[Answer::json::<ListedMqttUser>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn change(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path(name): Path<String>,
    input::Json(wanted): input::Json<MqttUserChange>,
) -> Result<Json<ListedMqttUser>, ApiError> {
    let identity = &door.deps.identity;
    let settings = MqttUserSettings {
        policies: wanted.policies,
        thing: wanted.thing,
    };
    identity
        .change_mqtt_user(caller.account, &name, &settings)
        .await?;
    door.done(&caller, format!("MQTT user {name} changed"));
    Ok(Json(
        identity.mqtt_user(caller.account, &name).await?.into(),
    ))
}

/// How it is described.
pub(crate) const PASSWORD: Operation = Operation {
    id: "set_mqtt_password",
    tag: "devices",
    summary: "Give a device another password",
    description: "Its open connections end.",
    path: &[("name", "User name")],
    body: Some(wanted::<NewMqttPassword>),
    answers: &[Answer::json::<MadeMqttPassword>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn password(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path(name): Path<String>,
    input::Json(wanted): input::Json<NewMqttPassword>,
) -> Result<Json<MadeMqttPassword>, ApiError> {
    let identity = &door.deps.identity;
    let made = identity
        .set_mqtt_password(caller.account, &name, wanted.password)
        .await?;
    door.done(&caller, format!("MQTT user {name} has another password"));
    Ok(Json(MadeMqttPassword {
        password: made.map(|made| made.expose().clone()),
    }))
}

/// How it is described.
pub(crate) const DELETE: Operation = Operation {
    id: "delete_mqtt_user",
    tag: "devices",
    summary: "Delete a device's user name and password",
    description: "Its open connections end.",
    path: &[("name", "User name")],
    answers: &[Answer::empty(204, "Deleted")],
    ..Operation::PLAIN
};

pub(crate) async fn delete(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    let identity = &door.deps.identity;
    identity.delete_mqtt_user(caller.account, &name).await?;
    door.done(&caller, format!("MQTT user {name} deleted"));
    Ok(StatusCode::NO_CONTENT)
}
