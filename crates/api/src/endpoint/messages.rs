// SPDX-License-Identifier: Apache-2.0
//! `GET /api/v1/messages`: kept messages as they were published, the newest first.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hw_model::{Timestamp, topic};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::auth::{Caller, Door};
use crate::columns::{Columns, text};
use crate::described::{Answer, Operation, fields};
use crate::error::ApiError;
use crate::input::{Arguments, page_rows};
use crate::moment::Moment;
use crate::newest::{self, Conditions, Place, Wanted, behind, find};
use crate::payload;

const SELECT: &str = "SELECT time, topic, thing, client_id, principal, qos, retain, payload, \
                      trace_id FROM messages";

/// Which messages to list; all that is named must fit.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessagesWanted {
    /// The publisher's thing.
    thing: Option<String>,
    /// A topic, or a filter with `+` and `#`.
    #[schemars(length(min = 1))]
    topic: Option<String>,
    /// The publisher's MQTT client id.
    client_id: Option<String>,
    /// RFC 3339, or a span back from now as `-15m`; the beginning if left out.
    #[schemars(regex(pattern = r"^(now|-[0-9]{1,6}[smhd]|[0-9]{4}-[0-9]{2}-[0-9]{2}T.+)$"))]
    from: Option<String>,
    /// The same, exclusive; now if left out.
    #[schemars(regex(pattern = r"^(now|-[0-9]{1,6}[smhd]|[0-9]{4}-[0-9]{2}-[0-9]{2}T.+)$"))]
    to: Option<String>,
    /// At most so many messages: 1 to 1,000; 100 if left out.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u32>,
    /// `next` of the page before; the other parameters must be the same.
    #[schemars(length(min = 8))]
    after: Option<String>,
}

/// A message as it was published.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MessageEntry<'a> {
    time: Moment,
    topic: &'a str,
    /// The publisher's thing.
    thing: Option<&'a str>,
    client_id: Option<&'a str>,
    /// Certificate id, or the name of a key.
    principal: Option<&'a str>,
    qos: i32,
    retain: bool,
    /// The message's name in every table and in `explain`.
    trace_id: &'a str,
    #[serde(flatten)]
    #[schemars(with = "PayloadShown")]
    payload: payload::Shown<'a>,
}

/// A payload in up to three forms.
#[derive(JsonSchema)]
#[allow(dead_code, reason = "it documents how payloads are written")]
pub(crate) struct PayloadShown {
    /// The payload as JSON, if it is JSON; else null.
    payload: Option<serde_json::Value>,
    /// The payload as text, if it is UTF-8; else null.
    text: Option<String>,
    /// The payload in base64; only there if it is no text.
    #[schemars(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

/// A page of messages.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MessageList<'a> {
    /// The newest first.
    messages: Vec<MessageEntry<'a>>,
    /// What to send as `after` for the next page; null at the end.
    next: Option<String>,
}

/// How it is described.
pub(crate) const LIST: Operation = Operation {
    id: "list_messages",
    tag: "data",
    summary: "List kept messages",
    query: Some(fields::<MessagesWanted>),
    answers: &[Answer::json::<MessageList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn list(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Arguments(wanted): Arguments<MessagesWanted>,
) -> Result<Response, ApiError> {
    let rows = page_rows(wanted.limit)?;
    let mut conditions = Conditions::default();
    conditions.and_if("thing =", wanted.thing);
    conditions.and_if("client_id =", wanted.client_id);
    if let Some(filter) = wanted.topic {
        on_topic(&mut conditions, &filter)?;
    }
    let now = door.deps.clock.now();
    let (from, place) = newest::span(wanted.from, wanted.to, wanted.after, now)?;
    let ask = Wanted {
        account: caller.account,
        select: SELECT,
        order: "trace_id DESC",
        conditions: &conditions,
        from,
        place,
        rows,
    };
    let answers = find(&door, &ask).await?;
    let batches = answers.iter().flat_map(|answer| &answer.batches);
    let mut messages = Vec::new();
    let mut times = Vec::new();
    for batch in batches {
        entries(&Columns(batch), &mut messages, &mut times)?;
    }
    let next = cut(&mut messages, &mut times, place, rows);
    Ok(axum::Json(MessageList { messages, next }).into_response())
}

/// Leaves out what the pages before had, and what is more than a page; the token of the next.
pub(super) fn cut<T>(
    entries: &mut Vec<T>,
    times: &mut Vec<Timestamp>,
    place: Place,
    rows: u32,
) -> Option<String> {
    let same = times.iter().take_while(|time| **time == place.time).count();
    let skip = same.min(place.skip as usize);
    entries.drain(..skip);
    times.drain(..skip);
    let more = entries.len() > rows as usize;
    entries.truncate(rows as usize);
    times.truncate(rows as usize);
    more.then(|| behind(place, times).map(Place::token))
        .flatten()
}

fn on_topic(conditions: &mut Conditions, filter: &str) -> Result<(), ApiError> {
    let wrong = |bad| ApiError::invalid(format!("`topic` is not a topic filter: {bad}"));
    topic::check_filter(filter).map_err(wrong)?;
    if topic::is_wild(filter) {
        conditions.and("topic ~", pattern(filter));
    } else {
        conditions.and("topic =", filter);
    }
    Ok(())
}

/// The regular expression that matches what a filter does (MQTT 5, section 4.7).
fn pattern(filter: &str) -> String {
    let mut pattern = String::from("^");
    for (at, level) in filter.split('/').enumerate() {
        match (at, level) {
            // A wildcard at the beginning does not match topics that begin with $.
            (0, "#") => pattern.push_str("([^$].*)?"),
            (_, "#") => pattern.push_str("(/.*)?"),
            (0, "+") => pattern.push_str("([^$/][^/]*)?"),
            (_, "+") => pattern.push_str("/[^/]*"),
            (_, level) => {
                pattern.push_str(if at > 0 { "/" } else { "" });
                level.chars().for_each(|c| quote(&mut pattern, c));
            }
        }
    }
    pattern.push('$');
    pattern
}

fn quote(pattern: &mut String, c: char) {
    if c.is_ascii_punctuation() {
        pattern.push('\\');
    }
    pattern.push(c);
}

fn entries<'a>(
    columns: &Columns<'a>,
    entries: &mut Vec<MessageEntry<'a>>,
    all_times: &mut Vec<Timestamp>,
) -> Result<(), ApiError> {
    let (times, topics) = (columns.times(0)?, columns.texts(1)?);
    let (things, clients, principals) = (columns.texts(2)?, columns.texts(3)?, columns.texts(4)?);
    let (qos, retain) = (columns.ints(5)?, columns.booleans(6)?);
    let (payloads, traces) = (columns.bytes(7)?, columns.texts(8)?);
    for row in 0..times.len() {
        let time = Timestamp(times.value(row));
        all_times.push(time);
        entries.push(MessageEntry {
            time: time.into(),
            topic: topics.value(row),
            thing: text(things, row),
            client_id: text(clients, row),
            principal: text(principals, row),
            qos: qos.value(row),
            retain: retain.value(row),
            trace_id: traces.value(row),
            payload: payloads.value(row).into(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn filters_as_patterns() {
        for (filter, expected) in [
            ("#", "^([^$].*)?$"),
            ("a/#", "^a(/.*)?$"),
            ("+/b", "^([^$/][^/]*)?/b$"),
            ("a/+/c.d", "^a/[^/]*/c\\.d$"),
            ("/+", "^/[^/]*$"),
            ("$aws/#", "^\\$aws(/.*)?$"),
        ] {
            assert_eq!(pattern(filter), expected, "{filter}");
        }
    }
}
