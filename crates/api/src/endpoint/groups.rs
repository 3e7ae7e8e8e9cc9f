// SPDX-License-Identifier: Apache-2.0
//! `/api/v1/groups`: static groups of things, which things are in them, and below which others they
//! are. Policies that are attached to one hold for its things.

pub(crate) mod policies;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use hw_fleet::groups::{GroupProperties, GroupQuery, GroupUpdate, ThingGroup};
use hw_identity::policies::Target;
use hw_model::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::documents::Wanted;
use crate::auth::{Admin, Caller, Door};
use crate::described::{Answer, Operation, fields, wanted};
use crate::error::ApiError;
use crate::input::{self, Arguments, Path, page_rows};
use crate::moment::Moment;

/// A page of groups.
#[derive(Serialize, JsonSchema)]
pub(crate) struct GroupList {
    /// By name.
    groups: Vec<ListedGroup>,
    /// What to send as `after` for the next page; null at the end.
    next: Option<String>,
}

/// A group in a list.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ListedGroup {
    name: String,
}

/// A group of things.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ShownGroup {
    name: String,
    /// The group that it is in, for good.
    parent: Option<String>,
    description: Option<String>,
    /// Attributes of the group; its things do not have them.
    attributes: BTreeMap<String, String>,
    /// Names of the policies that are attached to it itself.
    policies: Vec<String>,
    /// Counts changes, from 1.
    version: i64,
    created: Moment,
}

/// A group to make.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewGroup {
    /// 1 to 128 letters, digits and : _ -
    #[schemars(length(min = 1, max = 128))]
    name: String,
    /// The group to put it in.
    parent: Option<String>,
    description: Option<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

/// What is said of a group from now on.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupChange {
    /// The one that was read.
    version: i64,
    description: Option<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

/// With its policies.
async fn shown(door: &Door, account: AccountId, group: ThingGroup) -> Result<ShownGroup, ApiError> {
    let target = Target::Group(group.name.clone());
    let policies = door.deps.identity.attached_policies(account, target);
    Ok(ShownGroup {
        policies: policies.await?,
        name: group.name,
        parent: group.parent,
        description: group.properties.description,
        attributes: group.properties.attributes,
        version: group.version,
        created: group.created.into(),
    })
}

/// How it is described.
pub(crate) const LIST: Operation = Operation {
    id: "list_groups",
    tag: "devices",
    summary: "List thing groups",
    description: "Their things: `/api/v1/things?group=NAME`.",
    query: Some(fields::<Wanted>),
    answers: &[Answer::json::<GroupList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn list(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Arguments(wanted): Arguments<Wanted>,
) -> Result<Json<GroupList>, ApiError> {
    let query = GroupQuery {
        after: wanted.after.as_deref(),
        count: page_rows(wanted.limit)? as usize,
        ..GroupQuery::default()
    };
    let page = door.deps.fleet.groups(caller.account, &query).await?;
    let listed = |name| ListedGroup { name };
    Ok(Json(GroupList {
        groups: page.names.into_iter().map(listed).collect(),
        next: page.next,
    }))
}

/// How it is described.
pub(crate) const ONE: Operation = Operation {
    id: "get_group",
    tag: "devices",
    summary: "A thing group",
    path: &[("name", "Name of the group")],
    answers: &[Answer::json::<ShownGroup>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn one(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<ShownGroup>, ApiError> {
    let group = door.deps.fleet.group(caller.account, &name).await?;
    Ok(Json(shown(&door, caller.account, group).await?))
}

/// How it is described.
pub(crate) const CREATE: Operation = Operation {
    id: "create_group",
    tag: "devices",
    summary: "Make a thing group",
    body: Some(wanted::<NewGroup>),
    answers: &[Answer::json::<ShownGroup>(201, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn create(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    input::Json(wanted): input::Json<NewGroup>,
) -> Result<(StatusCode, Json<ShownGroup>), ApiError> {
    let properties = GroupProperties {
        description: wanted.description,
        attributes: wanted.attributes,
    };
    let (fleet, parent) = (&door.deps.fleet, wanted.parent.as_deref());
    let made = fleet
        .create_group(caller.account, &wanted.name, parent, properties, &[])
        .await?;
    door.done(&caller, format!("thing group {} made", made.name));
    let made = shown(&door, caller.account, made).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// How it is described.
pub(crate) const CHANGE: Operation = Operation {
    id: "change_group",
    tag: "devices",
    summary: "Change what is said of a thing group",
    description: "`version` is the one that was read; 409 if somebody else has changed it meanwhile.",
    path: &[("name", "Name of the group")],
    body: Some(wanted::<GroupChange>),
    answers: &[Answer::json::<ShownGroup>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn change(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path(name): Path<String>,
    input::Json(wanted): input::Json<GroupChange>,
) -> Result<Json<ShownGroup>, ApiError> {
    let update = GroupUpdate {
        description: Some(wanted.description.unwrap_or_default()),
        attributes: Some(wanted.attributes),
        merge: false,
        expected_version: Some(wanted.version),
    };
    let (fleet, account) = (&door.deps.fleet, caller.account);
    fleet.update_group(account, &name, &update).await?;
    door.done(&caller, format!("thing group {name} changed"));
    let group = fleet.group(account, &name).await?;
    Ok(Json(shown(&door, account, group).await?))
}

/// How it is described.
pub(crate) const DELETE: Operation = Operation {
    id: "delete_group",
    tag: "devices",
    summary: "Delete a thing group; its things stay",
    path: &[("name", "Name of the group")],
    answers: &[Answer::empty(204, "Deleted")],
    ..Operation::PLAIN
};

pub(crate) async fn delete(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    let fleet = &door.deps.fleet;
    fleet.delete_group(caller.account, &name, None).await?;
    door.done(&caller, format!("thing group {name} deleted"));
    Ok(StatusCode::NO_CONTENT)
}

/// How it is described.
pub(crate) const ADD: Operation = Operation {
    id: "add_to_group",
    tag: "devices",
    summary: "Put a thing into a group",
    description: "Policies of the group hold for it at once, on open connections too.",
    path: &[("name", "Name of the group"), ("thing", "Thing name")],
    answers: &[Answer::empty(204, "It is in the group")],
    ..Operation::PLAIN
};

pub(crate) async fn add(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path((name, thing)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let fleet = &door.deps.fleet;
    fleet.add_to_group(caller.account, &thing, &name).await?;
    door.done(&caller, format!("thing {thing} put into group {name}"));
    Ok(StatusCode::NO_CONTENT)
}

/// How it is described.
pub(crate) const REMOVE: Operation = Operation {
    id: "remove_from_group",
    tag: "devices",
    summary: "Take a thing out of a group",
    path: &[("name", "Name of the group"), ("thing", "Thing name")],
    answers: &[Answer::empty(204, "It is not in the group")],
    ..Operation::PLAIN
};

pub(crate) async fn remove(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path((name, thing)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let fleet = &door.deps.fleet;
    fleet
        .remove_from_group(caller.account, &thing, &name)
        .await?;
    door.done(&caller, format!("thing {thing} taken out of group {name}"));
    Ok(StatusCode::NO_CONTENT)
}
