// SPDX-License-Identifier: Apache-2.0
//! `/api/v1/queries`: statements that an account keeps to ask again.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hw_boards::{Document, Kind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::documents::{self, Deleting, ListedDocument, Sent, Wanted};
use crate::auth::{Caller, Door};
use crate::described::{Answer, Operation, fields, wanted};
use crate::error::ApiError;
use crate::input::Arguments;

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

impl Sent for SavedQuery {
    const KIND: Kind = Kind::Query;

    fn named(&self) -> (&str, i64, &str) {
        (&self.id, self.version, &self.title)
    }

    fn body(&mut self) -> Result<String, ApiError> {
        let body = Body {
            sql: self.sql.clone(),
        };
        serde_json::to_string(&body).map_err(|error| ApiError::internal(&error))
    }

    fn read(document: Document) -> Result<Self, ApiError> {
        let body: Result<Body, _> = serde_json::from_str(&document.body);
        Ok(Self {
            id: document.listed.id,
            version: document.listed.version,
            title: document.listed.title,
            sql: body.map_err(|error| ApiError::internal(&error))?.sql,
        })
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
    let (queries, next) = documents::list(&door, &caller, Kind::Query, wanted).await?;
    Ok(Json(QueryList { queries, next }))
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
