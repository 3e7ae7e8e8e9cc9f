// SPDX-License-Identifier: Apache-2.0
//! `GET /api/v1/openapi.json`: the description of this API.

use std::sync::Arc;

use axum::extract::State;
use bytes::Bytes;
use http::HeaderName;
use http::header::CONTENT_TYPE;

use crate::auth::Door;
use crate::described::{Answer, Operation};

/// How it is described.
pub(crate) const DOCUMENT: Operation = Operation {
    id: "get_openapi",
    tag: "server",
    summary: "This document",
    open: true,
    answers: &[Answer::object(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn document(
    State(door): State<Arc<Door>>,
) -> ([(HeaderName, &'static str); 1], Bytes) {
    ([(CONTENT_TYPE, "application/json")], door.document.clone())
}
