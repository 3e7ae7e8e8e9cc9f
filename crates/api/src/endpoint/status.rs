// SPDX-License-Identifier: Apache-2.0
//! `GET /api/v1/status`: how the server stands.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use crate::auth::{Caller, Door};

pub(crate) async fn status(State(door): State<Arc<Door>>, _: Caller) -> Json<Value> {
    Json(door.deps.status.status())
}
