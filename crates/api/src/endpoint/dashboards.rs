// SPDX-License-Identifier: Apache-2.0
//! `/api/v1/dashboards`: widgets over the data of devices. What is read can be sent as it is: to
//! another server, or from a file.

mod layout;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use hw_boards::{Document, Kind, Listed, New};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::auth::{Admin, Caller, Door};
use crate::described::{Answer, Operation, fields, wanted};
use crate::error::ApiError;
use crate::input::{self, Arguments, page_rows};
use crate::moment::Moment;
pub(crate) use layout::Dashboard;

/// Which page of the list.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// At most so many: 1 to 1,000; 100 if it is left out.
    #[schemars(range(min = 1, max = 1000))]
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// A dashboard or saved query in a list.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ListedDocument {
    id: String,
    title: String,
    /// Counts changes, from 1.
    version: i64,
    /// User name or key id.
    changed_by: String,
    changed: Moment,
    created: Moment,
}

/// A page of dashboards.
#[derive(Serialize, JsonSchema)]
pub(crate) struct DashboardList {
    /// By id.
    dashboards: Vec<ListedDocument>,
    /// What to send as `after` for the next page; null at the end.
    next: Option<String>,
}

/// Which version to delete.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deleting {
    /// Only this one; whichever there is if it is left out.
    pub version: Option<i64>,
}

impl From<Listed> for ListedDocument {
    fn from(one: Listed) -> Self {
        Self {
            id: one.id,
            title: one.title,
            version: one.version,
            changed_by: one.changed_by,
            changed: one.changed.into(),
            created: one.created.into(),
        }
    }
}

/// As it is kept: its name and version stand beside it and count.
fn read(document: Document) -> Result<Dashboard, ApiError> {
    let kept: Result<Dashboard, _> = serde_json::from_str(&document.body);
    let mut kept = kept.map_err(|error| ApiError::internal(&error))?;
    kept.id = document.listed.id;
    kept.version = document.listed.version;
    kept.title = document.listed.title;
    Ok(kept)
}

/// Checked, as it is kept.
fn body(dashboard: &mut Dashboard) -> Result<String, ApiError> {
    dashboard.settle().map_err(ApiError::invalid)?;
    serde_json::to_string(dashboard).map_err(|error| ApiError::internal(&error))
}

fn new<'a>(dashboard: &'a Dashboard, body: &'a str, by: &'a str) -> New<'a> {
    New {
        id: &dashboard.id,
        title: &dashboard.title,
        body,
        by,
    }
}

/// How it is described.
pub(crate) const LIST: Operation = Operation {
    id: "list_dashboards",
    tag: "boards",
    summary: "List dashboards",
    query: Some(fields::<Wanted>),
    answers: &[Answer::json::<DashboardList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn list(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Arguments(wanted): Arguments<Wanted>,
) -> Result<Json<DashboardList>, ApiError> {
    let (boards, count) = (&door.deps.boards, page_rows(wanted.limit)?);
    let after = wanted.after.as_deref();
    let page = boards
        .list(caller.account, Kind::Dashboard, after, count as usize)
        .await?;
    Ok(Json(DashboardList {
        dashboards: page
            .documents
            .into_iter()
            .map(ListedDocument::from)
            .collect(),
        next: page.next,
    }))
}

/// How it is described.
pub(crate) const ONE: Operation = Operation {
    id: "get_dashboard",
    tag: "boards",
    summary: "A dashboard, as it can be sent again",
    path: &[("id", "Id of the dashboard")],
    answers: &[Answer::json::<Dashboard>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn one(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Dashboard>, ApiError> {
    let found = door
        .deps
        .boards
        .document(caller.account, Kind::Dashboard, &id);
    Ok(Json(read(found.await?)?))
}

/// How it is described.
pub(crate) const CREATE: Operation = Operation {
    id: "create_dashboard",
    tag: "boards",
    summary: "Make a dashboard",
    description: "Takes what `GET` gives: `version` does not count. Widgets are kept in the order of their places, so that two versions can be compared line by line.",
    body: Some(wanted::<Dashboard>),
    answers: &[Answer::json::<Dashboard>(201, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn create(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    input::Json(mut wanted): input::Json<Dashboard>,
) -> Result<(StatusCode, Json<Dashboard>), ApiError> {
    let (body, by) = (body(&mut wanted)?, caller.name());
    let new = new(&wanted, &body, &by);
    let made = door
        .deps
        .boards
        .create(caller.account, Kind::Dashboard, &new);
    Ok((StatusCode::CREATED, Json(read(made.await?)?)))
}

/// How it is described.
pub(crate) const CHANGE: Operation = Operation {
    id: "change_dashboard",
    tag: "boards",
    summary: "Change a dashboard",
    description: "`version` is the one that was read; 409 if somebody else has changed it meanwhile.",
    path: &[("id", "Id of the dashboard, as in the body")],
    body: Some(wanted::<Dashboard>),
    answers: &[Answer::json::<Dashboard>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn change(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path(id): Path<String>,
    input::Json(mut wanted): input::Json<Dashboard>,
) -> Result<Json<Dashboard>, ApiError> {
    if wanted.id != id {
        let message = "`id` is another than in the path; a dashboard keeps its id";
        return Err(ApiError::invalid(message));
    }
    let (body, by) = (body(&mut wanted)?, caller.name());
    let new = new(&wanted, &body, &by);
    let (boards, version) = (&door.deps.boards, wanted.version);
    let changed = boards.replace(caller.account, Kind::Dashboard, &new, version);
    Ok(Json(read(changed.await?)?))
}

/// How it is described.
pub(crate) const DELETE: Operation = Operation {
    id: "delete_dashboard",
    tag: "boards",
    summary: "Delete a dashboard",
    path: &[("id", "Id of the dashboard")],
    query: Some(fields::<Deleting>),
    answers: &[Answer::empty(204, "Deleted")],
    ..Operation::PLAIN
};

pub(crate) async fn delete(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path(id): Path<String>,
    Arguments(wanted): Arguments<Deleting>,
) -> Result<StatusCode, ApiError> {
    let (boards, account) = (&door.deps.boards, caller.account);
    boards
        .delete(account, Kind::Dashboard, &id, wanted.version)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
