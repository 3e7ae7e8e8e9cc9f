// SPDX-License-Identifier: Apache-2.0
//! What is not there: JSON for programs, a page for people.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use hw_model::ErrorKind;

use super::page;
use crate::auth::{Access, Door};
use crate::error::ApiError;

/// An unknown path.
pub(crate) async fn path(State(door): State<Arc<Door>>, request: Request) -> Response {
    let path = request.uri().path();
    let people = matches!(door.access, Access::Keys { .. });
    if people && path != "/api" && !path.starts_with("/api/") {
        return page::not_found();
    }
    let message = "there is no such path; the API is under /api/v1";
    ApiError::new(ErrorKind::NotFound, message).into_response()
}

/// A known path, asked in the wrong way; `Allow` names the right ones.
pub(crate) async fn method() -> ApiError {
    let message = "this path does not know that method; the header Allow names those it knows";
    ApiError::invalid(message).status(StatusCode::METHOD_NOT_ALLOWED)
}
