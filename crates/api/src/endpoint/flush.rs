// SPDX-License-Identifier: Apache-2.0
//! `POST /api/v1/lake/flush`: returns when all that the account was acknowledged before is
//! in Parquet; at the admin socket, what any account was.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hw_model::ErrorKind;
use schemars::JsonSchema;
use serde::Serialize;

use crate::auth::{Admin, Door, Who};
use crate::described::{Answer, Operation};
use crate::error::ApiError;

/// It is done.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Done {
    ok: bool,
}

/// How it is described.
pub(crate) const FLUSH: Operation = Operation {
    id: "flush_lake",
    tag: "data",
    summary: "Commit to Parquet whatever was acknowledged until now, in the caller's account",
    answers: &[Answer::json::<Done>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn flush(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
) -> Result<Json<Done>, ApiError> {
    // What one account asks for makes no files and no work for the others.
    let account = (caller.who != Who::Socket).then_some(caller.account);
    let flushed = door.deps.flush.flush(account).await;
    let unavailable = |why: String| {
        tracing::warn!(error = %why, "a flush of the lake failed");
        ApiError::new(ErrorKind::Unavailable, why)
    };
    flushed
        .map(|()| Json(Done { ok: true }))
        .map_err(unavailable)
}
