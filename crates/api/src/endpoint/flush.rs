// SPDX-License-Identifier: Apache-2.0
//! `POST /api/v1/lake/flush`: returns when all that was acknowledged before is in Parquet.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hw_model::ErrorKind;
use serde_json::{Value, json};

use crate::auth::{Admin, Door};
use crate::error::ApiError;

pub(crate) async fn flush(
    State(door): State<Arc<Door>>,
    _: Admin,
) -> Result<Json<Value>, ApiError> {
    let flushed = door.deps.flush.flush().await;
    let unavailable = |why: String| {
        tracing::warn!(error = %why, "a flush of the lake failed");
        ApiError::new(ErrorKind::Unavailable, why)
    };
    flushed
        .map(|()| Json(json!({ "ok": true })))
        .map_err(unavailable)
}
