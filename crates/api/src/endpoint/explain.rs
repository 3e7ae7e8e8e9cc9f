// SPDX-License-Identifier: Apache-2.0
//! `GET /api/v1/explain?trace=ID`, `?thing=NAME` or `?client=ID`: what happened, and what to do.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::auth::{Caller, Door};
use crate::described::{Answer, Operation, fields};
use crate::error::ApiError;
use crate::explain::report::Report;
use crate::explain::who::Who;
use crate::input::Arguments;

/// What to explain: one of the three.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// A trace id, as `tail` and the tables show it.
    trace: Option<String>,
    /// A thing's name.
    thing: Option<String>,
    /// An MQTT client id.
    client: Option<String>,
}

/// How it is described.
pub(crate) const EXPLAIN: Operation = Operation {
    id: "explain",
    tag: "data",
    summary: "What happened to a message, a thing or a client, and what to do about it",
    query: Some(fields::<Wanted>),
    answers: &[Answer::object(
        200,
        "The report; docs/operations.md tells its parts",
    )],
    ..Operation::PLAIN
};

pub(crate) async fn explain(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Arguments(wanted): Arguments<Wanted>,
) -> Result<Json<Report>, ApiError> {
    let (explainer, account) = (&door.deps.explain, caller.account);
    let report = match (&wanted.trace, &wanted.thing, &wanted.client) {
        (Some(trace), None, None) => {
            let trace = trace.parse();
            let trace = trace.map_err(|bad| ApiError::invalid(format!("`trace`: {bad}")))?;
            explainer.message(account, trace).await?
        }
        (None, Some(thing), None) => explainer.who(account, Who::Thing(thing)).await?,
        (None, None, Some(client)) => explainer.who(account, Who::Client(client)).await?,
        _ => {
            let message = "ask for one of `trace`, `thing` and `client`";
            return Err(ApiError::invalid(message));
        }
    };
    Ok(Json(report))
}
