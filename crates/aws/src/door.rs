// SPDX-License-Identifier: Apache-2.0
//! The door of the AWS APIs: an axum service that proves the caller, finds the operation, runs it.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Limited};
use hw_kernel::admission::{Authorizers, HttpClaims, Peer};

use crate::AwsDeps;
use crate::caller::{Caller, authenticate};
use crate::error::AwsError;
use crate::input::{Input, pairs};
use crate::operation::Call;
use crate::output::{Output, Protocol, respond};
use crate::route::Routes;

/// Most bytes of a request's body.
pub const BODY_BYTES_MAX: usize = 1 << 20;

/// Where devices publish.
const PUBLISH: &str = "/topics/";

struct Door {
    deps: Arc<AwsDeps>,
    routes: Routes,
}

/// A router whose fallback is the AWS APIs.
pub fn router(deps: impl Into<Arc<AwsDeps>>) -> Router {
    let door = Arc::new(Door {
        deps: deps.into(),
        routes: Routes::new(),
    });
    Router::new().fallback(serve).with_state(door)
}

/// Whether a request is one of an AWS client: it says so in its `Authorization` header, or in its
/// query (a presigned URL), or speaks the Query protocol.
pub fn is_aws(parts: &Parts) -> bool {
    let text = |name| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
    };
    text(header::AUTHORIZATION).starts_with("AWS4-")
        || parts.headers.contains_key("x-amz-date")
        || hw_sigv4::is_presigned(parts.uri.query().unwrap_or(""))
}

/// Before the signature is proved, the claim alone tells in which protocol to refuse.
fn protocol(parts: &Parts) -> Protocol {
    let authorization = parts.headers.get(header::AUTHORIZATION);
    let claimed = authorization.and_then(|value| value.to_str().ok());
    let claimed = claimed.unwrap_or_else(|| parts.uri.query().unwrap_or(""));
    let scope = ["/sts/aws4_request", "%2Fsts%2Faws4_request"];
    if scope.iter().any(|scope| claimed.contains(scope)) {
        Protocol::Query
    } else {
        Protocol::RestJson
    }
}

async fn serve(State(door): State<Arc<Door>>, request: Request<Body>) -> Response<Body> {
    let request_id = uuid::Uuid::new_v4().to_string();
    let (parts, body) = request.into_parts();
    let protocol = protocol(&parts);
    let result = answer(&door, parts, body).await;
    if let Err(error) = &result {
        tracing::debug!(aws.error = error.code, aws.message = %error.message, "AWS request refused");
    }
    respond(protocol, result, &request_id)
}

async fn answer(door: &Door, parts: Parts, body: Body) -> Result<Output, AwsError> {
    let body = Limited::new(body, BODY_BYTES_MAX)
        .collect()
        .await
        .map_err(|_| {
            let message =
                format!("the body can't be read, or has more than {BODY_BYTES_MAX} bytes");
            AwsError::new("RequestEntityTooLargeException", 413, message)
        })?;
    let body = body.to_bytes();
    let caller = prove(door, &parts, &body).await?;
    let path = parts.uri.path();
    let query = parts.uri.query().unwrap_or("");
    let (operation, labels, query) = if caller.service == "sts" {
        // A presigned URL has its parameters in the query.
        let mut form = pairs(query);
        form.extend(pairs(&String::from_utf8_lossy(&body)));
        let action = form.iter().find(|(name, _)| name == "Action");
        let action = action.map_or("", |(_, value)| value.as_str());
        (door.routes.query("sts", action)?, Vec::new(), form)
    } else {
        // Old SDKs sign the control plane as `execute-api`.
        let service = if caller.service == "execute-api" {
            "iot"
        } else {
            &caller.service
        };
        let (operation, labels) = door.routes.rest(service, parts.method.as_str(), path)?;
        (operation, labels, pairs(query))
    };
    let input = Input {
        labels,
        query,
        headers: parts.headers.clone(),
        body,
    };
    (operation.run)(Call {
        deps: &door.deps,
        caller: &caller,
        input,
    })
    .await
}

async fn prove(door: &Door, parts: &Parts, body: &Bytes) -> Result<Caller, AwsError> {
    if !is_aws(parts)
        && let Some(peer) = parts.extensions.get::<Peer>()
        && let Some(certificate) = &peer.certificate
    {
        return Caller::by_certificate(&door.deps, peer, certificate.clone()).await;
    }
    if !is_aws(parts)
        && let Some(peer) = parts.extensions.get::<Peer>()
        && peer.tls
        && parts.uri.path().starts_with(PUBLISH)
        && door.deps.authorizers.are_there(false)
    {
        return Caller::by_authorizer(&door.deps, peer, claims(parts)).await;
    }
    let headers = headers(parts);
    let request = signed(parts, &headers, body);
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|ConnectInfo(peer)| peer.ip().to_canonical());
    authenticate(&door.deps, &request, peer).await
}

/// What an authorizer hears of the request.
fn claims(parts: &Parts) -> HttpClaims {
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    HttpClaims {
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: headers(parts).into_iter().map(own).collect(),
    }
}

/// Headers as signatures name them.
pub(crate) fn headers(parts: &Parts) -> Vec<(&str, &str)> {
    let headers = parts.headers.iter();
    headers
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
        .collect()
}

/// The request as it was signed.
pub(crate) fn signed<'a>(
    parts: &'a Parts,
    headers: &'a [(&'a str, &'a str)],
    body: &'a [u8],
) -> hw_sigv4::Request<'a> {
    hw_sigv4::Request {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or(""),
        headers,
        body,
    }
}
