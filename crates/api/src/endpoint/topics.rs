// SPDX-License-Identifier: Apache-2.0
//! `GET /api/v1/topics`: what is published where, counted as it passes. Nothing is counted while
//! nobody asks, so that it costs publishers nothing.

mod counts;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::auth::{Caller, Door};
use crate::described::{Answer, Operation, fields};
use crate::error::ApiError;
use crate::input::{Arguments, page_rows};
use crate::moment::Moment;
use counts::Counts;

/// How long is listened if nothing is said, and at most.
const SECONDS: u32 = 5;
const SECONDS_MAX: u32 = 60;

/// What to count.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// A topic filter, as in `plant/#`; `#` if it is left out.
    filter: Option<String>,
    /// How long to listen: 1 to 60 seconds; 5 if it is left out.
    #[schemars(range(min = 1, max = 60))]
    seconds: Option<u32>,
    /// At most so many topics: 1 to 1,000; 100 if it is left out.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u32>,
}

/// What passed.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TopicList {
    /// How long was listened.
    seconds: u32,
    /// Messages that were counted.
    messages: u64,
    /// Bytes of their payloads.
    bytes: u64,
    /// Messages that passed too fast to be counted.
    missed: u64,
    /// Topics that were told apart: up to 10,000.
    topics_seen: usize,
    /// Messages on topics beyond these.
    elsewhere: u64,
    /// The busiest first.
    topics: Vec<TopicEntry>,
}

/// A topic.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TopicEntry {
    topic: String,
    messages: u64,
    /// Bytes of payloads.
    bytes: u64,
    /// Publishers that were told apart: up to 100.
    publishers: usize,
    /// The last message's.
    last: Moment,
    client_id: String,
    thing: Option<String>,
    qos: u8,
    retain: bool,
    /// `json`, `text`, `binary` or `empty`, of the last message.
    payload: &'static str,
}

/// How it is described.
pub(crate) const LIST: Operation = Operation {
    id: "list_topics",
    tag: "broker",
    summary: "What is published where: listens for some seconds and counts by topic",
    description: "Live messages, whether they are kept or not. Of those that are kept, SQL tells any span of time.",
    query: Some(fields::<Wanted>),
    answers: &[Answer::json::<TopicList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn list(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Arguments(wanted): Arguments<Wanted>,
) -> Result<Json<TopicList>, ApiError> {
    let max = page_rows(wanted.limit)? as usize;
    let seconds = wanted.seconds.unwrap_or(SECONDS);
    if !(1..=SECONDS_MAX).contains(&seconds) {
        let message = format!("`seconds` is a whole number from 1 to {SECONDS_MAX}");
        return Err(ApiError::invalid(message));
    }
    let filter = wanted.filter.as_deref().unwrap_or("#");
    let (deps, limits) = (&door.deps, &door.deps.limits);
    let _place = deps.state.stream_place(limits)?;
    let tap = deps
        .live
        .tap(caller.account, filter, limits.stream_messages_max);
    let mut tap =
        tap.map_err(|bad| ApiError::invalid(format!("`filter` is not a topic filter: {bad}")))?;
    let mut over = deps.clock.sleep(Duration::from_secs(u64::from(seconds)));
    let mut counts = Counts::default();
    loop {
        tokio::select! {
            biased;
            () = &mut over => break,
            () = deps.shutdown.begun() => break,
            message = tap.messages.recv() => match message {
                Some(message) => counts.take(message),
                None => break,
            },
        }
    }
    let missed = tap.dropped.load(Ordering::Relaxed);
    Ok(Json(counts.shown(seconds, missed, max)))
}
