// SPDX-License-Identifier: Apache-2.0
//! What dashboards and saved queries have in common: each is a document of `hw_boards`, read and
//! sent as one JSON object that names its id and the version that was read.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use hw_boards::{Document, Kind, Listed, New};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::auth::{Admin, Caller, Door};
use crate::error::ApiError;
use crate::input::{self, Arguments, Path, page_rows};
use crate::moment::Moment;

/// Which page of a list.
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

/// A kind of document as it is sent.
pub(super) trait Sent: Serialize + DeserializeOwned + Send {
    const KIND: Kind;

    /// Its id, the version that was read, and its title.
    fn named(&self) -> (&str, i64, &str);

    /// Checked and put in order, as the body that is kept.
    ///
    /// # Errors
    /// What is wrong with it.
    fn body(&mut self) -> Result<String, ApiError>;

    /// From what is kept: name and version stand beside the body and count.
    ///
    /// # Errors
    /// `Internal`: what is kept is none.
    fn read(document: Document) -> Result<Self, ApiError>;
}

/// A page of one kind, and what to send as `after` for the next.
pub(super) async fn list(
    door: &Door,
    caller: &Caller,
    kind: Kind,
    wanted: Wanted,
) -> Result<(Vec<ListedDocument>, Option<String>), ApiError> {
    let (boards, count) = (&door.deps.boards, page_rows(wanted.limit)?);
    let after = wanted.after.as_deref();
    let page = boards.list(caller.account, kind, after, count as usize);
    let page = page.await?;
    let documents = page.documents.into_iter().map(ListedDocument::from);
    Ok((documents.collect(), page.next))
}

/// One of them. A route's handler.
pub(super) async fn one<T: Sent>(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<T>, ApiError> {
    let found = door.deps.boards.document(caller.account, T::KIND, &id);
    Ok(Json(T::read(found.await?)?))
}

/// Makes one. A route's handler.
pub(super) async fn create<T: Sent>(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    input::Json(mut wanted): input::Json<T>,
) -> Result<(StatusCode, Json<T>), ApiError> {
    let (body, by) = (wanted.body()?, caller.name());
    let (new, _) = as_new(&wanted, &body, &by);
    let made = door.deps.boards.create(caller.account, T::KIND, &new);
    Ok((StatusCode::CREATED, Json(T::read(made.await?)?)))
}

/// Puts one in the place of the version that was read. A route's handler.
pub(super) async fn change<T: Sent>(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path(id): Path<String>,
    input::Json(mut wanted): input::Json<T>,
) -> Result<Json<T>, ApiError> {
    if wanted.named().0 != id {
        let what = T::KIND.as_str();
        let message = format!("`id` is another than in the path; a {what} keeps its id");
        return Err(ApiError::invalid(message));
    }
    let (body, by) = (wanted.body()?, caller.name());
    let (new, version) = as_new(&wanted, &body, &by);
    let boards = &door.deps.boards;
    let changed = boards.replace(caller.account, T::KIND, &new, version);
    Ok(Json(T::read(changed.await?)?))
}

/// Deletes one. A route's handler.
pub(super) async fn delete<T: Sent>(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path(id): Path<String>,
    Arguments(wanted): Arguments<Deleting>,
) -> Result<StatusCode, ApiError> {
    let (boards, account) = (&door.deps.boards, caller.account);
    boards.delete(account, T::KIND, &id, wanted.version).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn as_new<'a, T: Sent>(sent: &'a T, body: &'a str, by: &'a str) -> (New<'a>, i64) {
    let (id, version, title) = sent.named();
    let new = New {
        id,
        title,
        body,
        by,
    };
    (new, version)
}
