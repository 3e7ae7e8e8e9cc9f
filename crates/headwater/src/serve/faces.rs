// SPDX-License-Identifier: Apache-2.0
//! Two faces behind one HTTP door: a request of an AWS client goes to the AWS APIs, any other to
//! people's.

use axum::Router;
use axum::extract::{Request, State};
use axum::response::IntoResponse;
use tower::ServiceExt;

#[derive(Clone)]
struct Faces {
    aws: Router,
    people: Router,
}

/// Both faces.
pub(super) fn router(aws: Router, people: Router) -> Router {
    Router::new()
        .fallback(choose)
        .with_state(Faces { aws, people })
}

async fn choose(State(faces): State<Faces>, request: Request) -> axum::response::Response {
    let (parts, body) = request.into_parts();
    let face = if hw_aws::door::is_aws(&parts) {
        faces.aws
    } else {
        faces.people
    };
    match face.oneshot(Request::from_parts(parts, body)).await {
        Ok(answer) => answer.into_response(),
        Err(never) => match never {},
    }
}
