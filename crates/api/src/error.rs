// SPDX-License-Identifier: Apache-2.0
//! Errors of the API: `{"error":{"kind":…,"message":…}}`, and which status a kind has.
//!
//! The message says what to do next. Faults of ours go to the log whole and to the caller as one
//! sentence.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use hw_boards::BoardsError;
use hw_fleet::FleetError;
use hw_identity::IdentityError;
use hw_kernel::IngestError;
use hw_model::ErrorKind;
use hw_query::QueryError;
use serde_json::json;

/// When to try again if nothing better is known.
const RETRY_AFTER_SECONDS: u64 = 1;

/// A refusal on its way to the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct ApiError {
    kind: ErrorKind,
    status: StatusCode,
    message: String,
    sqlstate: Option<&'static str>,
    retry_after_seconds: Option<u64>,
}

impl ApiError {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            status: status_of(kind),
            message: message.into(),
            sqlstate: None,
            retry_after_seconds: None,
        }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// A fault of ours: `detail` is for the log alone.
    pub(crate) fn internal(detail: &dyn std::fmt::Display) -> Self {
        tracing::error!(error = %detail, "an API request failed");
        let message = "the server failed; its log has the details";
        Self::new(ErrorKind::Internal, message)
    }

    /// An account without a message yet has no tables: what reads them finds nothing.
    pub(crate) fn unless_no_table(self) -> Result<(), Self> {
        if self.sqlstate == Some("42P01") {
            return Ok(());
        }
        Err(self)
    }

    /// There is no free place now; there will be.
    pub(crate) fn no_place(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Limit, message)
    }

    /// The same with a status that fits better than the kind's own.
    pub(crate) fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

/// The status of each kind.
fn status_of(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Invalid => StatusCode::BAD_REQUEST,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::Denied => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::Limit => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Full => StatusCode::INSUFFICIENT_STORAGE,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Unsupported => StatusCode::NOT_IMPLEMENTED,
        ErrorKind::Damaged | ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The word for a kind in JSON.
fn word(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Invalid => "invalid",
        ErrorKind::Unauthenticated => "unauthenticated",
        ErrorKind::Denied => "denied",
        ErrorKind::NotFound => "not_found",
        ErrorKind::Conflict => "conflict",
        ErrorKind::Limit => "limit",
        ErrorKind::Full => "full",
        ErrorKind::Unavailable => "unavailable",
        ErrorKind::Damaged => "damaged",
        ErrorKind::Unsupported => "unsupported",
        ErrorKind::Internal => "internal",
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut error = json!({ "kind": word(self.kind), "message": self.message });
        if let Some(state) = self.sqlstate {
            error["sqlstate"] = state.into();
        }
        let retry = match self.status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                Some(self.retry_after_seconds.unwrap_or(RETRY_AFTER_SECONDS))
            }
            _ => None,
        };
        let body = axum::Json(json!({ "error": error }));
        let mut response = (self.status, body).into_response();
        if self.kind == ErrorKind::Unauthenticated {
            let challenge = HeaderValue::from_static(r#"Bearer realm="headwater""#);
            let headers = response.headers_mut();
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = retry {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<FleetError> for ApiError {
    fn from(error: FleetError) -> Self {
        match error.kind() {
            ErrorKind::Internal => Self::internal(&chain(&error)),
            ErrorKind::Damaged => {
                tracing::error!(error = %chain(&error), "the registry is damaged");
                let message = "stored data is damaged; the server's log says which";
                Self::new(ErrorKind::Damaged, message)
            }
            kind => Self::new(kind, error.to_string()),
        }
    }
}

impl From<IdentityError> for ApiError {
    fn from(error: IdentityError) -> Self {
        match error.kind() {
            ErrorKind::Internal => Self::internal(&chain(&error)),
            ErrorKind::Damaged => {
                tracing::error!(error = %chain(&error), "stored identities are damaged");
                let message = "stored data is damaged; the server's log says which";
                Self::new(ErrorKind::Damaged, message)
            }
            kind => {
                let retry_after_seconds = match error {
                    IdentityError::Locked { seconds } => Some(seconds),
                    _ => None,
                };
                let answer = Self::new(kind, error.to_string());
                Self {
                    retry_after_seconds,
                    ..answer
                }
            }
        }
    }
}

impl From<BoardsError> for ApiError {
    fn from(error: BoardsError) -> Self {
        if let BoardsError::Catalog(error) = &error {
            return Self::internal(error);
        }
        Self::new(error.kind(), error.to_string())
    }
}

impl From<IngestError> for ApiError {
    fn from(error: IngestError) -> Self {
        let kind = match &error {
            IngestError::Invalid(_) => ErrorKind::Invalid,
            IngestError::Denied(_) => ErrorKind::Denied,
            IngestError::TooFast(_) => ErrorKind::Limit,
            IngestError::Busy(_) => ErrorKind::Unavailable,
            IngestError::NotStored(_) => ErrorKind::Full,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        let kind = error.kind();
        let answer = match &error {
            QueryError::Internal(_) => Self::internal(&chain(&error)),
            QueryError::Table(_) => {
                tracing::error!(error = %chain(&error), "tables could not be read");
                let message = "the tables can't be read; the server's log says why";
                Self::new(kind, message)
            }
            // The path is there; it is the statement that is wrong.
            QueryError::NoTable(_) => Self::invalid(error.to_string()),
            // The same statement will fail again.
            QueryError::Time(_) | QueryError::Limit { .. } => {
                Self::new(kind, error.to_string()).status(StatusCode::UNPROCESSABLE_ENTITY)
            }
            QueryError::Unsupported(_) => {
                Self::new(kind, error.to_string()).status(StatusCode::BAD_REQUEST)
            }
            _ => Self::new(kind, error.to_string()),
        };
        let sqlstate = Some(error.sqlstate());
        Self { sqlstate, ..answer }
    }
}

/// An error with its sources, for the log.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
