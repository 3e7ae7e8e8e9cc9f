// SPDX-License-Identifier: Apache-2.0
//! `POST /api/v1/lake/compact`, `expire`, `sweep` and `retain`: a round of upkeep now. On the admin
//! socket alone, for a round goes over the tables of all accounts.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use hw_lake::{Duty, MaintenanceHandle};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Asked {
    /// The wall clock is right, however far it has jumped.
    #[serde(default)]
    confirm_clock: bool,
}

/// A route for each duty.
pub(super) fn router(handle: MaintenanceHandle) -> Router {
    let mut router = Router::new();
    for duty in Duty::ALL {
        let run = move |State(handle): State<MaintenanceHandle>, Query(asked): Query<Asked>| {
            run(handle, duty, asked)
        };
        router = router.route(&format!("/api/v1/lake/{}", duty.name()), post(run));
    }
    router.with_state(handle)
}

async fn run(handle: MaintenanceHandle, duty: Duty, asked: Asked) -> Response {
    // On a task of its own: a caller that goes away ends no round half way.
    let round = tokio::spawn(async move {
        if asked.confirm_clock {
            handle.confirm_clock().await?;
        }
        handle.run(duty).await
    });
    let failed = |words: String| {
        let error = json!({"error": {"kind": "unavailable", "message": words}});
        (StatusCode::SERVICE_UNAVAILABLE, Json(error)).into_response()
    };
    match round.await {
        Ok(Ok(report)) => Json(report).into_response(),
        Ok(Err(words)) => failed(words),
        Err(_) => failed("the round was given up; the server's log has the reason".into()),
    }
}
