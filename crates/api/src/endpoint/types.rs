// SPDX-License-Identifier: Apache-2.0
//! `/api/v1/types`: types of things, by which they are filtered and share dashboards.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use hw_fleet::types::{ThingType, TypeProperties, TypeUpdate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::documents::Wanted;
use crate::auth::{Admin, Caller, Door};
use crate::described::{Answer, Operation, fields, wanted};
use crate::error::ApiError;
use crate::input::{self, Arguments, Path, page_rows};
use crate::moment::Moment;

/// A type of things.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ShownType {
    name: String,
    description: Option<String>,
    /// Attributes that things of it are searched by; at most three.
    searchable_attributes: Vec<String>,
    /// Counts changes, from 1.
    version: i64,
    created: Moment,
    /// When it was deprecated: no thing gets it any more. Null while things do.
    deprecated: Option<Moment>,
}

/// A page of types.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TypeList {
    /// By name.
    types: Vec<ShownType>,
    /// What to send as `after` for the next page; null at the end.
    next: Option<String>,
}

/// A type to make.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewType {
    /// 1 to 128 letters, digits and : _ -
    #[schemars(length(min = 1, max = 128))]
    name: String,
    description: Option<String>,
    #[serde(default)]
    #[schemars(length(max = 3))]
    searchable_attributes: Vec<String>,
}

/// What is said of a type from now on.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TypeChange {
    /// The one that was read; whichever there is if it is left out.
    version: Option<i64>,
    description: Option<String>,
    #[serde(default)]
    #[schemars(length(max = 3))]
    searchable_attributes: Vec<String>,
}

impl From<ThingType> for ShownType {
    fn from(one: ThingType) -> Self {
        Self {
            name: one.name,
            description: one.properties.description,
            searchable_attributes: one.properties.searchable_attributes,
            version: one.version,
            created: one.created.into(),
            deprecated: one.deprecated.map(Moment::from),
        }
    }
}

/// How it is described.
pub(crate) const LIST: Operation = Operation {
    id: "list_types",
    tag: "devices",
    summary: "List thing types",
    query: Some(fields::<Wanted>),
    answers: &[Answer::json::<TypeList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn list(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Arguments(wanted): Arguments<Wanted>,
) -> Result<Json<TypeList>, ApiError> {
    let (fleet, count) = (&door.deps.fleet, page_rows(wanted.limit)?);
    let after = wanted.after.as_deref();
    let page = fleet
        .thing_types(caller.account, None, after, count as usize)
        .await?;
    Ok(Json(TypeList {
        types: page.types.into_iter().map(ShownType::from).collect(),
        next: page.next,
    }))
}

/// How it is described.
pub(crate) const ONE: Operation = Operation {
    id: "get_type",
    tag: "devices",
    summary: "A thing type",
    path: &[("name", "Name of the type")],
    answers: &[Answer::json::<ShownType>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn one(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<ShownType>, ApiError> {
    let one = door.deps.fleet.thing_type(caller.account, &name).await?;
    Ok(Json(one.into()))
}

/// How it is described.
pub(crate) const CHANGE: Operation = Operation {
    id: "change_type",
    tag: "devices",
    summary: "Change what is said of a thing type",
    description: "`version` is the one that was read; 409 if somebody else has changed it meanwhile.",
    path: &[("name", "Name of the type")],
    body: Some(wanted::<TypeChange>),
    answers: &[Answer::json::<ShownType>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn change(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path(name): Path<String>,
    input::Json(wanted): input::Json<TypeChange>,
) -> Result<Json<ShownType>, ApiError> {
    let (fleet, account) = (&door.deps.fleet, caller.account);
    let update = TypeUpdate {
        description: Some(wanted.description.unwrap_or_default()),
        searchable_attributes: Some(wanted.searchable_attributes),
        expected_version: wanted.version,
    };
    fleet.update_type(account, &name, &update).await?;
    door.done(&caller, format!("thing type {name} changed"));
    Ok(Json(fleet.thing_type(account, &name).await?.into()))
}

/// How it is described.
pub(crate) const CREATE: Operation = Operation {
    id: "create_type",
    tag: "devices",
    summary: "Make a thing type",
    body: Some(wanted::<NewType>),
    answers: &[Answer::json::<ShownType>(201, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn create(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    input::Json(wanted): input::Json<NewType>,
) -> Result<(StatusCode, Json<ShownType>), ApiError> {
    let properties = TypeProperties {
        description: wanted.description,
        searchable_attributes: wanted.searchable_attributes,
    };
    let fleet = &door.deps.fleet;
    let made = fleet
        .create_type(caller.account, &wanted.name, properties, &[])
        .await?;
    door.done(&caller, format!("thing type {} made", made.name));
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// How it is described.
pub(crate) const DELETE: Operation = Operation {
    id: "delete_type",
    tag: "devices",
    summary: "Delete a thing type that no thing has",
    description: "As on AWS IoT it is deprecated first, and can be deleted five minutes later: the first call deprecates it and answers 202.",
    path: &[("name", "Name of the type")],
    answers: &[
        Answer::empty(202, "Deprecated; it can be deleted in five minutes"),
        Answer::empty(204, "Deleted"),
    ],
    ..Operation::PLAIN
};

pub(crate) async fn delete(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    let (fleet, account) = (&door.deps.fleet, caller.account);
    if fleet.thing_type(account, &name).await?.deprecated.is_none() {
        fleet.deprecate_type(account, &name, false).await?;
        door.done(&caller, format!("thing type {name} deprecated"));
        return Ok(StatusCode::ACCEPTED);
    }
    fleet.delete_type(account, &name).await?;
    door.done(&caller, format!("thing type {name} deleted"));
    Ok(StatusCode::NO_CONTENT)
}
