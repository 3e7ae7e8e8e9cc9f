// SPDX-License-Identifier: Apache-2.0
//! Things are made, changed and deleted. Who changes one says which version was read.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use hw_fleet::FleetError;
use hw_fleet::things::ThingUpdate;
use hw_identity::thing_credentials::{Removed, ThingPrincipals};
use hw_model::ErrorKind;
use schemars::JsonSchema;
use serde::Deserialize;

use super::connected::connected;
use super::{ListedThing, listed};
use crate::auth::{Admin, Door};
use crate::by_thing::{AsOf, last_heard};
use crate::described::{Answer, Operation, fields, wanted};
use crate::error::ApiError;
use crate::input::{self, Arguments, Path, given};

/// A thing to make.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewThing {
    /// 1 to 128 letters of ASCII, digits and : _ -
    #[schemars(length(min = 1, max = 128))]
    name: String,
    /// A thing type of the account.
    r#type: Option<String>,
    /// At most 3 without a type, 50 with one.
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

/// How it is described.
pub(crate) const CREATE: Operation = Operation {
    id: "create_thing",
    tag: "devices",
    summary: "Make a thing",
    body: Some(wanted::<NewThing>),
    answers: &[Answer::json::<ListedThing>(201, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn create(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    input::Json(new): input::Json<NewThing>,
) -> Result<(StatusCode, Json<ListedThing>), ApiError> {
    let (fleet, account) = (&door.deps.fleet, caller.account);
    match fleet.thing(account, &new.name).await {
        Err(FleetError::NotFound(_)) => {}
        found => {
            let message = format!("thing {} already exists", found?.name);
            return Err(ApiError::new(ErrorKind::Conflict, message));
        }
    }
    let of_type = new.r#type.as_deref().filter(|name| !name.is_empty());
    let thing = fleet
        .create_thing_of_type(account, &new.name, of_type, new.attributes)
        .await?;
    door.done(&caller, format!("thing {} made", thing.name));
    let made = listed(thing, &HashMap::new(), &HashSet::new());
    Ok((StatusCode::CREATED, Json(made)))
}

/// What to change; what is left out stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ThingChange {
    /// The version that was read.
    version: i64,
    /// Another thing type, or null for none.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Option<String>")]
    r#type: Option<Option<String>>,
    /// All attributes that it is to have.
    attributes: Option<BTreeMap<String, String>>,
}

/// How it is described.
pub(crate) const CHANGE: Operation = Operation {
    id: "change_thing",
    tag: "devices",
    summary: "Change a thing's type and attributes",
    description: "If it has another version than the one that was read, nothing is changed (409).",
    path: &[("name", "Thing name")],
    body: Some(wanted::<ThingChange>),
    answers: &[Answer::json::<ListedThing>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn change(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path(name): Path<String>,
    input::Json(change): input::Json<ThingChange>,
) -> Result<Json<ListedThing>, ApiError> {
    let account = caller.account;
    let of_type = change.r#type.as_ref().map(Option::as_deref);
    let update = ThingUpdate {
        attributes: change.attributes,
        thing_type: of_type.flatten().map(str::to_owned),
        remove_type: of_type == Some(None),
        expected_version: Some(change.version),
        ..ThingUpdate::default()
    };
    let thing = door
        .deps
        .fleet
        .update_thing(account, &name, &update)
        .await?;
    door.done(&caller, format!("thing {name} changed"));
    // It is done: what can't be told beside it makes no refusal of it.
    let heard = last_heard(&door, account, &[&name], AsOf::Now).await;
    let there = connected(&door, account, &[&name]).await;
    let (heard, there) = (heard.unwrap_or_default(), there.unwrap_or_default());
    Ok(Json(listed(thing, &heard, &there)))
}

/// What to delete with it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deleting {
    /// The version that was read.
    version: i64,
    /// Whether what it comes in with goes, too: certificates that no other thing has, and MQTT
    /// users that are this thing. Other certificates are detached.
    #[serde(default)]
    credentials: bool,
}

/// How it is described.
pub(crate) const DELETE: Operation = Operation {
    id: "delete_thing",
    tag: "devices",
    summary: "Delete a thing",
    description: "Refused (409) if it has another version than the one that was read, and without `credentials=true` while it has certificates or MQTT users. Connections of what is deleted end.",
    path: &[("name", "Thing name")],
    query: Some(fields::<Deleting>),
    answers: &[Answer::empty(204, "Deleted")],
    ..Operation::PLAIN
};

pub(crate) async fn delete(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path(name): Path<String>,
    Arguments(deleting): Arguments<Deleting>,
) -> Result<StatusCode, ApiError> {
    let (identity, fleet) = (&door.deps.identity, &door.deps.fleet);
    let (account, version) = (caller.account, deleting.version);
    let thing = fleet.thing(account, &name).await?;
    if thing.version != version {
        return Err(FleetError::Version {
            what: "thing",
            name,
            expected: version,
            found: thing.version,
        }
        .into());
    }
    let principals = identity.principals_of_thing(account, &name).await?;
    let removed = match (principals.is_empty(), deleting.credentials) {
        (true, _) => Removed::default(),
        (false, false) => return Err(held(&name, &principals)),
        (false, true) => {
            identity
                .remove_credentials_of_thing(account, &name, version)
                .await?
        }
    };
    fleet.delete_thing(account, &name, Some(version)).await?;
    door.done(&caller, format!("thing {name} deleted{}", also(&removed)));
    Ok(StatusCode::NO_CONTENT)
}

fn held(name: &str, principals: &ThingPrincipals) -> ApiError {
    let counted = counted(principals.certificates.len(), principals.mqtt_users.len());
    let message = format!(
        "thing {name} has {counted}; delete it with credentials=true to delete them, too, or detach \
         them first"
    );
    ApiError::new(ErrorKind::Conflict, message)
}

fn also(removed: &Removed) -> String {
    match (removed.deleted.len(), removed.mqtt_users.len()) {
        (0, 0) => String::new(),
        (certificates, users) => format!(", with {}", counted(certificates, users)),
    }
}

/// As in `1 certificate and 2 MQTT users`.
fn counted(certificates: usize, users: usize) -> String {
    let some = |count: usize, what: &str| match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        count => Some(format!("{count} {what}s")),
    };
    let parts = [some(certificates, "certificate"), some(users, "MQTT user")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(" and ")
}
