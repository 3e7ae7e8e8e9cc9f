// SPDX-License-Identifier: Apache-2.0
//! `GET /healthz` and `GET /readyz`: whether the process lives, and whether it takes messages in.
//! They need no key and tell nothing else.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;

use crate::auth::Door;
use crate::described::{Answer, Operation};

/// How it is described.
pub(crate) const ALIVE: Operation = Operation {
    id: "healthz",
    tag: "health",
    summary: "Whether the process answers",
    open: true,
    answers: &[Answer::text(200, "It does", "text/plain")],
    ..Operation::PLAIN
};

pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// How it is described.
pub(crate) const READY: Operation = Operation {
    id: "readyz",
    tag: "health",
    summary: "Whether the server takes messages in",
    open: true,
    answers: &[
        Answer::text(200, "It does", "text/plain"),
        Answer::text(503, "Not now; its log says why", "text/plain"),
    ],
    ..Operation::PLAIN
};

pub(crate) async fn ready(State(door): State<Arc<Door>>) -> (StatusCode, &'static str) {
    let catalog = door
        .deps
        .identity
        .has_account(hw_model::AccountId::FIRST)
        .await;
    let catalog = catalog.map(|_| ()).map_err(|error| error.to_string());
    match catalog.and_then(|()| door.deps.status.ready()) {
        Ok(()) => (StatusCode::OK, "ok\n"),
        Err(why) => {
            tracing::warn!(error = %why, "the server is not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
        }
    }
}
