// SPDX-License-Identifier: Apache-2.0
//! `GET /api/v1/status`: what this server is and, for its operator, how it stands.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use crate::auth::{Caller, Door};
use crate::described::{Answer, Operation};

/// How it is described.
pub(crate) const STATUS: Operation = Operation {
    id: "get_status",
    tag: "server",
    summary: "What this server is and how it stands",
    description: "Everybody with a key sees version, doors and the own account. What concerns all accounts together (workers, log, broker) is shown to the first account and at the admin socket.",
    answers: &[Answer::object(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn status(State(door): State<Arc<Door>>, caller: Caller) -> Json<Value> {
    let mut status = door.deps.status.status();
    status["account"] = caller.account.to_string().into();
    if caller.is_operator()
        && let (Value::Object(status), Value::Object(server)) =
            (&mut status, door.deps.status.server())
    {
        status.extend(server);
    }
    Json(status)
}
