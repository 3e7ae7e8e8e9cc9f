// SPDX-License-Identifier: Apache-2.0
//! `GET /api/v1/stream?topic=FILTER[&thing=NAME]`: messages as they pass, as server-sent events.

mod frame;
mod watch;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, header};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::auth::{Caller, Door};
use crate::described::{Answer, Operation, fields};
use crate::error::ApiError;
use crate::input::Arguments;
use watch::Watch;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// A topic filter, as in `plant/+/temp` or `#`.
    topic: String,
    /// Only what this thing published.
    thing: Option<String>,
}

/// How it is described.
pub(crate) const WATCH: Operation = Operation {
    id: "stream",
    tag: "data",
    summary: "Watch messages as they pass",
    description: "Server-sent events: each message is an event with JSON as its data; an event `dropped` counts those that the reader was too slow for. Messages of the past are at `/api/v1/messages`.",
    query: Some(fields::<Wanted>),
    answers: &[Answer::text(200, "Done.", "text/event-stream")],
    ..Operation::PLAIN
};

pub(crate) async fn watch(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Arguments(wanted): Arguments<Wanted>,
) -> Result<Response, ApiError> {
    let (deps, limits) = (&door.deps, &door.deps.limits);
    let place = deps.state.stream_place(limits)?;
    let tap = deps
        .live
        .tap(caller.account, &wanted.topic, limits.stream_messages_max)
        .map_err(|bad| ApiError::invalid(format!("`topic` is not a topic filter: {bad}")))?;
    let watch = Watch::new(
        tap,
        wanted.thing,
        deps.clock.clone(),
        deps.shutdown.clone(),
        place,
    );
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream; charset=utf-8"),
        // Proxies that gather answers would hold messages back.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(watch.chunks())).into_response())
}
