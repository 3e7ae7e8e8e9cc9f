// SPDX-License-Identifier: Apache-2.0
//! What an operation answers, and how answers and errors look in each protocol.

use axum::body::Body;
use http::{Response, StatusCode, header};
use serde_json::Value;

use crate::error::AwsError;
use crate::xml;

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// REST-JSON.
    Json(Value),
    /// Query protocol: the result element's content.
    Xml {
        /// Operation, as in `GetCallerIdentity`.
        operation: &'static str,
        /// Name space of the service.
        namespace: &'static str,
        /// Members of the result.
        members: Vec<(&'static str, String)>,
    },
}

/// Protocols in which services speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// `iot` and most others.
    RestJson,
    /// `sts`.
    Query,
}

/// The HTTP answer.
pub fn respond(
    protocol: Protocol,
    result: Result<Output, AwsError>,
    request_id: &str,
) -> Response<Body> {
    let (status, kind, body, error) = match (protocol, result) {
        (_, Ok(Output::Json(value))) => (200, "application/json", value.to_string(), None),
        (
            _,
            Ok(Output::Xml {
                operation,
                namespace,
                members,
            }),
        ) => (
            200,
            "text/xml",
            xml::result(operation, namespace, &members, request_id),
            None,
        ),
        (Protocol::RestJson, Err(error)) => {
            let mut members = error.members.clone();
            members.insert("message".into(), Value::String(error.message.clone()));
            (
                error.status,
                "application/json",
                Value::Object(members).to_string(),
                Some(error.code),
            )
        }
        (Protocol::Query, Err(error)) => (
            error.status,
            "text/xml",
            xml::error(query_code(error.code), &error.message, request_id),
            None,
        ),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, kind)
        .header("x-amzn-requestid", request_id);
    if let Some(code) = error {
        answer = answer.header("x-amzn-errortype", code);
    }
    answer
        .body(Body::from(body))
        .expect("names and values are plain ASCII")
}

/// The Query protocol of `sts` has older names for some errors.
fn query_code(code: &str) -> &str {
    match code {
        "InvalidSignatureException" => "SignatureDoesNotMatch",
        "MissingAuthenticationTokenException" => "MissingAuthenticationToken",
        "IncompleteSignatureException" => "IncompleteSignature",
        "UnrecognizedClientException" => "InvalidClientTokenId",
        code => code,
    }
}
