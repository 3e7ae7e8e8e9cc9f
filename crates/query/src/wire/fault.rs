// SPDX-License-Identifier: Apache-2.0
//! Errors as the wire has them: severity, SQLSTATE, words. Insides go to the log.

use bytes::{Bytes, BytesMut};
use datafusion_postgres::pgwire::error::{ErrorInfo, PgWireError};
use datafusion_postgres::pgwire::messages::PgWireBackendMessage;

use crate::error::QueryError;

impl From<QueryError> for PgWireError {
    fn from(error: QueryError) -> Self {
        if let QueryError::Internal(source) | QueryError::Damaged(source) = &error {
            tracing::error!(error = %source, "a statement failed");
        }
        user("ERROR", error.sqlstate(), error.to_string())
    }
}

/// An error of the given severity: `FATAL` ends the connection.
pub(super) fn user(severity: &str, state: &str, text: impl Into<String>) -> PgWireError {
    let mut info = ErrorInfo::new(severity.to_owned(), state.to_owned(), text.into());
    info.severity_nonlocalized = Some(severity.to_owned());
    PgWireError::UserError(Box::new(info))
}

/// What is wrong with the protocol and not with the statement.
pub(super) fn protocol(text: &str) -> PgWireError {
    user("ERROR", "08P01", text)
}

/// An error as bytes, for a client that has no connection yet.
pub(super) fn message(severity: &str, state: &str, text: &str) -> Bytes {
    let info: ErrorInfo = user(severity, state, text).into();
    let mut bytes = BytesMut::new();
    // An error of a few words always fits a message.
    let _ = PgWireBackendMessage::ErrorResponse(info.into()).encode(&mut bytes);
    bytes.freeze()
}
