// SPDX-License-Identifier: Apache-2.0
//! Paths outside the API: the console's, where the door has one; JSON for programs.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use hw_model::ErrorKind;

use crate::auth::{Access, Door};
use crate::error::ApiError;

/// A path that no endpoint has.
pub(crate) async fn path(State(door): State<Arc<Door>>, request: Request) -> Response {
    let path = request.uri().path();
    let people = matches!(door.access, Access::Keys { .. });
    if people && path != "/api" && !path.starts_with("/api/") {
        let site = &door.deps.state.site;
        return site.answer(request.method(), path, request.headers());
    }
    let message = "there is no such path; the API is under /api/v1";
    ApiError::new(ErrorKind::NotFound, message).into_response()
}

/// A known path, asked in the wrong way; `Allow` names the right ones.
pub(crate) async fn method() -> ApiError {
    let message = "this path does not know that method; the header Allow names those it knows";
    ApiError::invalid(message).status(StatusCode::METHOD_NOT_ALLOWED)
}
