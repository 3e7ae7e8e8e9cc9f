// SPDX-License-Identifier: Apache-2.0
//! `/api/v1/sessions`: lists who is signed in, and signs out elsewhere.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use hw_identity::sessions::Session;
use schemars::JsonSchema;
use serde::Serialize;

use crate::auth::{Caller, Door};
use crate::described::{Answer, Operation};
use crate::error::ApiError;
use crate::input::Path;
use crate::moment::Moment;

/// A browser that is signed in.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ListedSession {
    /// Names the session; opens nothing.
    id: String,
    /// Whose it is: `user`, `key` or `link`.
    kind: &'static str,
    /// User name or key id; empty for a link.
    owner: String,
    role: &'static str,
    created: Moment,
    /// Its last request, to the minute.
    seen: Moment,
    /// When it ends at the latest; without requests it ends after 4 hours.
    ends: Moment,
    /// Address that it began at.
    address: Option<String>,
    /// Browser that it began in.
    agent: Option<String>,
    /// Whether this request came with it.
    current: bool,
}

/// Sessions.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SessionList {
    /// The newest first.
    sessions: Vec<ListedSession>,
}

fn listed(session: Session, current: Option<&str>) -> ListedSession {
    let (kind, owner) = session.owner.stored();
    ListedSession {
        kind,
        owner: owner.to_owned(),
        role: session.role.as_str(),
        created: session.created.into(),
        seen: session.seen.into(),
        ends: session.ends.into(),
        address: session.address,
        agent: session.agent,
        current: current == Some(session.id.as_str()),
        id: session.id,
    }
}

/// How it is described.
pub(crate) const LIST: Operation = Operation {
    id: "list_sessions",
    tag: "people",
    summary: "The caller's sessions; to an administrator in person, all of the account",
    answers: &[Answer::json::<SessionList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn list(
    State(door): State<Arc<Door>>,
    caller: Caller,
) -> Result<Json<SessionList>, ApiError> {
    let all = door.deps.identity.sessions(caller.account).await?;
    let current = caller.session.as_ref().map(|session| session.id.as_str());
    let own =
        |session: &Session| caller.is_person() || caller.owner().as_ref() == Some(&session.owner);
    let sessions = all.into_iter().filter(own);
    let sessions = sessions.map(|session| listed(session, current)).collect();
    Ok(Json(SessionList { sessions }))
}

/// How it is described.
pub(crate) const END: Operation = Operation {
    id: "end_session",
    tag: "people",
    summary: "End a session",
    path: &[("id", "As lists show it")],
    answers: &[Answer::empty(204, "Ended")],
    ..Operation::PLAIN
};

pub(crate) async fn end(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let owner = caller.owner().filter(|_| !caller.is_person());
    let identity = &door.deps.identity;
    identity
        .end_session(caller.account, &id, owner.as_ref())
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How it is described.
pub(crate) const END_ALL: Operation = Operation {
    id: "end_sessions",
    tag: "people",
    summary: "Sign out everywhere: ends all sessions of the caller, this one too",
    answers: &[Answer::empty(204, "Ended")],
    ..Operation::PLAIN
};

pub(crate) async fn end_all(
    State(door): State<Arc<Door>>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    if let Some(owner) = caller.owner() {
        let identity = &door.deps.identity;
        identity.end_sessions(caller.account, &owner).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
