// SPDX-License-Identifier: Apache-2.0
//! Two faces behind one HTTP door: what an AWS client signed goes to the AWS APIs, and so does what
//! nobody signed outside the paths of people's, so that an SDK without credentials is told so.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::header::ACCEPT;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use tower::ServiceExt;

/// Files of the console that stand at the root, where browsers want them.
const FILES: &[&str] = &[
    "/icon.svg",
    "/manifest.webmanifest",
    "/plain.css",
    "/scheme.js",
    "/service-worker.js",
];

#[derive(Clone)]
struct Faces {
    aws: Router,
    people: Router,
}

/// Both faces, and MQTT over WebSocket.
pub(super) fn router(aws: Router, people: Router, websocket: Router) -> Router {
    Router::new()
        .fallback(choose)
        .with_state(Faces { aws, people })
        .merge(websocket)
}

/// `/things/NAME` is a page to a browser and DescribeThing to an SDK: what is accepted tells.
fn is_peoples(parts: &Parts) -> bool {
    let path = parts.uri.path();
    let accepts = parts
        .headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok());
    let browser = parts.method == Method::GET && accepts.is_some_and(|a| a.contains("text/html"));
    let under = |root: &str| {
        path.strip_prefix(root)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    !hw_aws::door::is_aws(parts)
        && (path == "/"
            || browser
            || FILES.contains(&path)
            || [
                "/api", "/open", "/_app", "/map", "/trust", "/healthz", "/readyz",
            ]
            .into_iter()
            .any(under))
}

async fn choose(State(faces): State<Faces>, request: Request) -> axum::response::Response {
    let (parts, body) = request.into_parts();
    let face = if is_peoples(&parts) {
        faces.people
    } else {
        faces.aws
    };
    match face.oneshot(Request::from_parts(parts, body)).await {
        Ok(answer) => answer.into_response(),
        Err(never) => match never {},
    }
}
