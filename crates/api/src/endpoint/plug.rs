// SPDX-License-Identifier: Apache-2.0
//! `POST /api/v1/demo/plug`: kills the server of a demo, so that people see what is still there.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use hw_model::ErrorKind;

use crate::auth::{Admin, Door};
use crate::described::{Answer, Operation};
use crate::error::ApiError;

/// How it is described.
pub(crate) const PULL: Operation = Operation {
    id: "pull_plug",
    tag: "server",
    summary: "Kill the server of a demo",
    description: "The process of the server is killed at once (SIGKILL), in the middle of whatever it does, and `headwater demo` starts it again. It can't answer: the connection breaks. Any other server answers 404.",
    answers: &[Answer::empty(
        204,
        "Not seen: who answers would still be there.",
    )],
    ..Operation::PLAIN
};

pub(crate) async fn pull(
    State(door): State<Arc<Door>>,
    Admin(_): Admin,
) -> Result<StatusCode, ApiError> {
    let Some(plug) = &door.deps.plug else {
        let message = "this server has no plug to pull: it is not the one of a demo \
                       (`headwater demo`)";
        return Err(ApiError::new(ErrorKind::NotFound, message));
    };
    plug.pull();
    Ok(StatusCode::NO_CONTENT)
}
