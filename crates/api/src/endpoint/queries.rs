// SPDX-License-Identifier: Apache-2.0
//! `/api/v1/queries`: statements that an account keeps to ask again.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use hw_boards::{Document, Kind, New};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::dashboards::{Deleting, ListedDocument, Wanted};
use crate::auth::{Admin, Caller, Door};
use crate::described::{Answer, Operation, fields, wanted};
use crate::error::ApiError;
use crate::input::{self, Arguments, page_rows};

/// A page of saved queries.
#[derive(Serialize, JsonSchema)]
pub(crate) struct QueryList {
    /// By id.
    queries: Vec<ListedDocument>,
    /// What to send as `after` for the next page; null at the end.
    next: Option<String>,
}

/// A saved query.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavedQuery {
    /// 1 to 64 of `a` to `z`, `0` to `9`, `-` and `_`.
    #[schemars(length(min = 1, max = 64))]
    id: String,
    /// Counts changes, from 1. A change names the version that was read; a new one has none yet.
    #[serde(default)]
    version: i64,
    #[schemars(length(min = 1, max = 200))]
    title: String,
    /// A statement.
    sql: String,
}

/// What is kept of it beside its name.
#[derive(Serialize, Deserialize)]
struct Body {
    sql: String,
}

impl SavedQuery {
    fn read(document: Document) -> Result<Self, ApiError> {
        let body: Result<Body, _> = serde_json::from_str(&document.body);
        Ok(Self {
            id: document.listed.id,
            version: document.listed.version,
            title: document.listed.title,
            sql: body.map_err(|error| ApiError::internal(&error))?.sql,
        })
    }

    fn body(&self) -> Result<String, ApiError> {
        let body = Body {
            sql: self.sql.clone(),
        };
        serde_json::to_string(&body).map_err(|error| ApiError::internal(&error))
    }

    fn as_new<'a>(&'a self, body: &'a str, by: &'a str) -> New<'a> {
        New {
            id: &self.id,
            title: &self.title,
            body,
            by,
        }
    }
}

/// How it is described.
pub(crate) const LIST: Operation = Operation {
    id: "list_queries",
    tag: "boards",
    summary: "List saved queries",
    query: Some(fields::<Wanted>),
    answers: &[Answer::json::<QueryList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn list(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Arguments(wanted): Arguments<Wanted>,
) -> Result<Json<QueryList>, ApiError> {
    let (boards, count) = (&door.deps.boards, page_rows(wanted.limit)?);
    let page = boards
        .list(
            caller.account,
            Kind::Query,
            wanted.after.as_deref(),
            count as usize,
        )
        .await?;
    Ok(Json(QueryList {
        queries: page
            .documents
            .into_iter()
            .map(ListedDocument::from)
            .collect(),
        next: page.next,
    }))
}

/// How it is described.
pub(crate) const ONE: Operation = Operation {
    id: "get_query",
    tag: "boards",
    summary: "A saved query, as it can be sent again",
    path: &[("id", "Id of the query")],
    answers: &[Answer::json::<SavedQuery>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn one(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<SavedQuery>, ApiError> {
    let found = door.deps.boards.document(caller.account, Kind::Query, &id);
    Ok(Json(SavedQuery::read(found.await?)?))
}

/// How it is described.
pub(crate) const CREATE: Operation = Operation {
    id: "create_query",
    tag: "boards",
    summary: "Save a query",
    description: "Takes what `GET` gives: `version` does not count.",
    body: Some(wanted::<SavedQuery>),
    answers: &[Answer::json::<SavedQuery>(201, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn create(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    input::Json(wanted): input::Json<SavedQuery>,
) -> Result<(StatusCode, Json<SavedQuery>), ApiError> {
    let (body, by) = (wanted.body()?, caller.name());
    let new = wanted.as_new(&body, &by);
    let made = door.deps.boards.create(caller.account, Kind::Query, &new);
    Ok((StatusCode::CREATED, Json(SavedQuery::read(made.await?)?)))
}

/// How it is described.
pub(crate) const CHANGE: Operation = Operation {
    id: "change_query",
    tag: "boards",
    summary: "Change a saved query",
    description: "`version` is the one that was read; 409 if somebody else has changed it meanwhile.",
    path: &[("id", "Id of the query, as in the body")],
    body: Some(wanted::<SavedQuery>),
    answers: &[Answer::json::<SavedQuery>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn change(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path(id): Path<String>,
    input::Json(wanted): input::Json<SavedQuery>,
) -> Result<Json<SavedQuery>, ApiError> {
    if wanted.id != id {
        let message = "`id` is another than in the path; a query keeps its id";
        return Err(ApiError::invalid(message));
    }
    let (body, by) = (wanted.body()?, caller.name());
    let new = wanted.as_new(&body, &by);
    let (boards, version) = (&door.deps.boards, wanted.version);
    let changed = boards.replace(caller.account, Kind::Query, &new, version);
    Ok(Json(SavedQuery::read(changed.await?)?))
}

/// How it is described.
pub(crate) const DELETE: Operation = Operation {
    id: "delete_query",
    tag: "boards",
    summary: "Delete a saved query",
    path: &[("id", "Id of the query")],
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
        .delete(account, Kind::Query, &id, wanted.version)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
