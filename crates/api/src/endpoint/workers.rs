// SPDX-License-Identifier: Apache-2.0
//! `GET /api/v1/workers`: background work and how it stands.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hw_kernel::worker::WorkerStatus;
use hw_model::ErrorKind;
use schemars::JsonSchema;
use serde::Serialize;

use crate::auth::{Caller, Door};
use crate::described::{Answer, Operation};
use crate::error::ApiError;

/// Workers.
#[derive(Serialize, JsonSchema)]
pub(crate) struct WorkerList {
    #[schemars(with = "Vec<WorkerEntry>")]
    workers: Vec<WorkerStatus>,
}

/// A worker, as `WorkerStatus` is written.
#[derive(JsonSchema)]
#[allow(dead_code, reason = "it documents another crate's type")]
pub(crate) struct WorkerEntry {
    /// As in `lake.ingest`.
    name: String,
    /// `starting`, `idle`, `busy`, `failing`, `failed` or `ended`.
    state: String,
    /// What it has still to do, in words.
    lag: String,
    /// The last error, if the last try failed.
    last_error: Option<String>,
}

/// How it is described.
pub(crate) const LIST: Operation = Operation {
    id: "list_workers",
    tag: "server",
    summary: "Background work and how it stands",
    description: "Workers serve all accounts: they are shown to the first account and at the admin socket.",
    answers: &[Answer::json::<WorkerList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn list(
    State(door): State<Arc<Door>>,
    caller: Caller,
) -> Result<Json<WorkerList>, ApiError> {
    if !caller.is_operator() {
        let message = "workers serve all accounts: they are shown to the first account only";
        return Err(ApiError::new(ErrorKind::Denied, message));
    }
    let workers = door.deps.status.workers();
    Ok(Json(WorkerList { workers }))
}
