// SPDX-License-Identifier: Apache-2.0
//! `/api/v1/retained`: retained messages, listed and cleared.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use futures::{StreamExt, TryStreamExt, stream};
use hw_kernel::retained::RetainedMessage;
use hw_model::ErrorKind;
use hw_model::topic::BadTopic;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use crate::auth::{Admin, Caller, Door};
use crate::described::{Answer, Operation, fields};
use crate::error::ApiError;
use crate::input::{Arguments, page_rows};
use crate::moment::Moment;
use crate::payload;

/// Topics that are cleared at the same time: a group commit has room for all of them.
const CLEARED_AT_ONCE: usize = 128;

/// Topics that one request clears at most; who wants more asks again.
const CLEARED_MAX: usize = 10_000;

/// Which messages to list.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// A topic filter, as in `plant/+/temp`; `#` if it is left out. A topic finds its own message.
    filter: Option<String>,
    /// At most so many messages: 1 to 1,000; 100 if it is left out.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// A retained message.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Shown {
    topic: String,
    /// When it was published.
    time: Moment,
    qos: u8,
    trace_id: String,
    /// Bytes of the payload.
    bytes: usize,
    #[serde(flatten, serialize_with = "as_payload")]
    #[schemars(with = "ShownPayload")]
    payload: Vec<u8>,
}

/// A payload in three ways.
#[derive(JsonSchema)]
#[allow(dead_code, reason = "it documents how a payload is written")]
struct ShownPayload {
    /// The payload if it is JSON, else null.
    payload: serde_json::Value,
    /// The payload if it is UTF-8, else null.
    text: Option<String>,
    /// The payload if it is no UTF-8; else left out.
    base64: Option<String>,
}

fn as_payload<S: Serializer>(payload: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    payload::Shown::from(payload).serialize(serializer)
}

/// A page of retained messages.
#[derive(Serialize, JsonSchema)]
pub(crate) struct RetainedList {
    /// By topic.
    retained: Vec<Shown>,
    /// How many fit, on all pages.
    total: u64,
    /// What to send as `after` for the next page; null at the end.
    next: Option<String>,
}

impl From<RetainedMessage> for Shown {
    fn from(message: RetainedMessage) -> Self {
        Self {
            topic: message.topic,
            time: message.since.into(),
            qos: message.qos,
            trace_id: message.trace.to_string(),
            bytes: message.payload.len(),
            payload: message.payload,
        }
    }
}

/// How it is described.
pub(crate) const LIST: Operation = Operation {
    id: "list_retained",
    tag: "broker",
    summary: "List retained messages",
    query: Some(fields::<Wanted>),
    answers: &[Answer::json::<RetainedList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn list(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Arguments(wanted): Arguments<Wanted>,
) -> Result<Json<RetainedList>, ApiError> {
    let max = page_rows(wanted.limit)? as usize;
    let filter = wanted.filter.as_deref().unwrap_or("#");
    let after = wanted.after.as_deref();
    let found = door
        .deps
        .retained
        .retained(caller.account, filter, after, max);
    let page = found.map_err(no_filter)?;
    let last = page.messages.last().map(|it| it.topic.clone());
    Ok(Json(RetainedList {
        retained: page.messages.into_iter().map(Shown::from).collect(),
        total: page.total,
        next: last.filter(|_| page.more),
    }))
}

/// What to clear.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Clearing {
    /// A topic, or a topic filter: then all that it matches.
    filter: String,
}

/// What was cleared.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Cleared {
    /// So many topics have no retained message any more.
    cleared: u64,
    /// So many are left: ask again.
    left: u64,
}

/// How it is described.
pub(crate) const CLEAR: Operation = Operation {
    id: "clear_retained",
    tag: "broker",
    summary: "Clear retained messages",
    description: "As clients do: an empty retained message is published to each topic, and whoever listens there gets it. At most 10,000 topics a request.",
    query: Some(fields::<Clearing>),
    answers: &[Answer::json::<Cleared>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn clear(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Arguments(Clearing { filter }): Arguments<Clearing>,
) -> Result<Json<Cleared>, ApiError> {
    let (store, account) = (&door.deps.retained, caller.account);
    let found = store.retained(account, &filter, None, CLEARED_MAX);
    let found = found.map_err(no_filter)?;
    if found.messages.is_empty() {
        let message = format!("no retained message is under {filter:?}");
        return Err(ApiError::new(ErrorKind::NotFound, message));
    }
    let by = caller.maker().replacen(' ', "/", 1);
    let cleared = found.messages.len() as u64;
    stream::iter(found.messages)
        .map(|message| {
            let by = &by;
            async move { store.clear(account, &message.topic, by).await }
        })
        .buffer_unordered(CLEARED_AT_ONCE)
        .try_collect::<()>()
        .await?;
    door.done(
        &caller,
        format!("{cleared} retained messages under {filter:?} cleared"),
    );
    Ok(Json(Cleared {
        cleared,
        left: found.total - cleared,
    }))
}

fn no_filter(bad: BadTopic) -> ApiError {
    ApiError::invalid(format!("`filter` is not a topic filter: {bad}"))
}
