// SPDX-License-Identifier: Apache-2.0
//! `GET /api/v1/stream?topic=FILTER[&thing=NAME]`: messages as they pass, as server-sent events.

mod frame;
mod watch;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, header};
use hw_model::ErrorKind;
use serde::Deserialize;

use crate::auth::{Caller, Door};
use crate::error::ApiError;
use crate::input::Arguments;
use watch::Watch;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// A topic filter, as in `plant/+/temp` or `#`.
    topic: String,
    /// Only what this thing published.
    thing: Option<String>,
}

pub(crate) async fn watch(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Arguments(wanted): Arguments<Wanted>,
) -> Result<Response, ApiError> {
    let (deps, limits) = (&door.deps, &door.deps.limits);
    let place = Arc::clone(&deps.state.streams).try_acquire_owned();
    let place = place.map_err(|_| {
        let max = limits.streams_max;
        let message = format!("{max} live streams are open (streams_max); try again");
        ApiError::new(ErrorKind::Limit, message)
    })?;
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
