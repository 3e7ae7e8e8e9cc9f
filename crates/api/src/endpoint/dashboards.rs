// SPDX-License-Identifier: Apache-2.0
//! `/api/v1/dashboards`: widgets over the data of devices. What is read can be sent as it is: to
//! another server, or from a file.

mod layout;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hw_boards::{Document, Kind};
use schemars::JsonSchema;
use serde::Serialize;

use super::documents::{self, Deleting, ListedDocument, Sent, Wanted};
use crate::auth::{Caller, Door};
use crate::described::{Answer, Operation, fields, wanted};
use crate::error::ApiError;
use crate::input::Arguments;
pub(crate) use layout::Dashboard;

/// A page of dashboards.
#[derive(Serialize, JsonSchema)]
pub(crate) struct DashboardList {
    /// By id.
    dashboards: Vec<ListedDocument>,
    /// What to send as `after` for the next page; null at the end.
    next: Option<String>,
}

impl Sent for Dashboard {
    const KIND: Kind = Kind::Dashboard;

    fn named(&self) -> (&str, i64, &str) {
        (&self.id, self.version, &self.title)
    }

    fn body(&mut self) -> Result<String, ApiError> {
        self.settle().map_err(ApiError::invalid)?;
        serde_json::to_string(self).map_err(|error| ApiError::internal(&error))
    }

    fn read(document: Document) -> Result<Self, ApiError> {
        let kept: Result<Self, _> = serde_json::from_str(&document.body);
        let mut kept = kept.map_err(|error| ApiError::internal(&error))?;
        kept.id = document.listed.id;
        kept.version = document.listed.version;
        kept.title = document.listed.title;
        Ok(kept)
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
    let (dashboards, next) = documents::list(&door, &caller, Kind::Dashboard, wanted).await?;
    Ok(Json(DashboardList { dashboards, next }))
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
