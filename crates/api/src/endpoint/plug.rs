// SPDX-License-Identifier: Apache-2.0
//! `POST /api/v1/demo/plug`: kills the server of a demo, so that people see what is still there.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use hw_model::ErrorKind;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::auth::{Admin, Door};
use crate::described::{Answer, Operation, fields};
use crate::error::ApiError;
use crate::input::Arguments;

/// Whose plug.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Only of this process (`endpoints.pid` of the status): browsers send again by themselves what a
    /// broken connection has not answered, and that must not kill the next one.
    pid: Option<u32>,
}

/// How it is described.
pub(crate) const PULL: Operation = Operation {
    id: "pull_plug",
    tag: "server",
    summary: "Kill the server of a demo",
    description: "The process of the server is killed at once (SIGKILL), in the middle of whatever it does, and `headwater demo` starts it again. It can't answer: the connection breaks. Any other server answers 404.",
    query: Some(fields::<Wanted>),
    answers: &[Answer::empty(
        204,
        "Not seen: who answers would still be there.",
    )],
    ..Operation::PLAIN
};

pub(crate) async fn pull(
    State(door): State<Arc<Door>>,
    Admin(_): Admin,
    Arguments(Wanted { pid }): Arguments<Wanted>,
) -> Result<StatusCode, ApiError> {
    let Some(plug) = &door.deps.plug else {
        let message = "this server has no plug to pull: it is not the one of a demo \
                       (`headwater demo`)";
        return Err(ApiError::new(ErrorKind::NotFound, message));
    };
    let own = std::process::id();
    if let Some(pid) = pid.filter(|pid| *pid != own) {
        let message = format!("this is process {own}; {pid} is gone already");
        return Err(ApiError::new(ErrorKind::Conflict, message));
    }
    plug.pull();
    Ok(StatusCode::NO_CONTENT)
}
