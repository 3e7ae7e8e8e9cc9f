// SPDX-License-Identifier: Apache-2.0
//! What is sent: bodies of JSON within the limit, query strings and the names in paths, each with its
//! own refusal.

use std::sync::Arc;

use axum::extract::{self, FromRequest, FromRequestParts, Query, Request};
use http::request::Parts;
use http::{StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hw_model::ErrorKind;
use serde::de::{Deserialize, DeserializeOwned, Deserializer};

use crate::auth::Door;
use crate::error::ApiError;
use crate::headers;
use crate::limits::{PAGE_ROWS, PAGE_ROWS_MAX};

/// A body of JSON.
pub(crate) struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<Door>> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, door: &Arc<Door>) -> Result<Self, ApiError> {
        if !says_json(request.headers()) {
            let message = "the body must be JSON: send Content-Type: application/json";
            return Err(ApiError::invalid(message).status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let max = door.deps.limits.body_bytes_max;
        let body = Limited::new(request.into_body(), max).collect().await;
        let body = body.map_err(|error| {
            if error.is::<LengthLimitError>() {
                let message = format!("the body has more than {max} bytes (body_bytes_max)");
                let error = ApiError::new(ErrorKind::Limit, message);
                return error.status(StatusCode::PAYLOAD_TOO_LARGE);
            }
            ApiError::invalid("the body could not be read to its end")
        })?;
        let value = serde_json::from_slice(&body.to_bytes());
        value.map(Json).map_err(|error| {
            ApiError::invalid(format!("the body is not the JSON that is wanted: {error}"))
        })
    }
}

/// Programs that say nothing mean JSON; what says another type is refused, and with it every form
/// that a foreign page can send without being asked.
fn says_json(headers: &http::HeaderMap) -> bool {
    if !headers.contains_key(header::CONTENT_TYPE) {
        return true;
    }
    let value = headers::text(headers, header::CONTENT_TYPE).unwrap_or("");
    let essence = value.split(';').next().unwrap_or("").trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// A query string.
pub(crate) struct Arguments<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Arc<Door>> for Arguments<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Door>) -> Result<Self, ApiError> {
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(ApiError::invalid(rejection.body_text())),
        }
    }
}

/// The names in a path.
pub(crate) struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Door>> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, door: &Arc<Door>) -> Result<Self, ApiError> {
        match extract::Path::<T>::from_request_parts(parts, door).await {
            Ok(extract::Path(names)) => Ok(Self(names)),
            Err(rejection) => Err(ApiError::invalid(rejection.body_text())),
        }
    }
}

/// A field that is there, and may be null: with `default`, `None` is one that is left out.
///
/// # Errors
/// Its value is of another type.
pub(crate) fn given<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// Rows of a page.
///
/// # Errors
/// `Invalid` outside the limit.
pub(crate) fn page_rows(limit: Option<u32>) -> Result<u32, ApiError> {
    match limit {
        None => Ok(PAGE_ROWS),
        Some(rows @ 1..=PAGE_ROWS_MAX) => Ok(rows),
        Some(_) => Err(ApiError::invalid(format!(
            "`limit` is a whole number from 1 to {PAGE_ROWS_MAX} (page_rows_max)"
        ))),
    }
}
