// SPDX-License-Identifier: Apache-2.0
//! `GET /api/v1/events`: what happened and why, the newest first.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hw_model::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::messages::cut;
use crate::auth::{Caller, Door};
use crate::columns::{Columns, text};
use crate::described::{Answer, Operation, fields};
use crate::error::ApiError;
use crate::input::{Arguments, page_rows};
use crate::moment::Moment;
use crate::newest::{self, Conditions, Wanted, find};

const SELECT: &str = "SELECT time, kind, outcome, cause, count, thing, client_id, principal, \
                      topic, trace_id, address FROM events";

/// Which events to list; all that is named must fit.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventsWanted {
    /// What was tried: connect, publish, subscribe, deliver, payload, api, …
    kind: Option<String>,
    /// How it ended: ok, refused, dropped, ignored, cut, closed, …
    outcome: Option<String>,
    thing: Option<String>,
    /// MQTT client id.
    client_id: Option<String>,
    /// Certificate id or other principal.
    principal: Option<String>,
    /// RFC 3339, or a span back from now as `-15m`; the beginning if left out.
    #[schemars(regex(pattern = r"^(now|-[0-9]{1,6}[smhd]|[0-9]{4}-[0-9]{2}-[0-9]{2}T.+)$"))]
    from: Option<String>,
    /// The same, exclusive; now if left out.
    #[schemars(regex(pattern = r"^(now|-[0-9]{1,6}[smhd]|[0-9]{4}-[0-9]{2}-[0-9]{2}T.+)$"))]
    to: Option<String>,
    /// At most so many events: 1 to 1,000; 100 if left out.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u32>,
    /// `next` of the page before; the other parameters must be the same.
    #[schemars(length(min = 8))]
    after: Option<String>,
}

/// What happened.
#[derive(Serialize, JsonSchema)]
pub(crate) struct EventEntry<'a> {
    time: Moment,
    kind: &'a str,
    outcome: &'a str,
    /// Why, in words.
    cause: &'a str,
    /// How many of its kind it stands for.
    count: i64,
    thing: Option<&'a str>,
    client_id: Option<&'a str>,
    principal: Option<&'a str>,
    topic: Option<&'a str>,
    /// The message it is about.
    trace_id: Option<&'a str>,
    address: Option<&'a str>,
}

/// A page of events.
#[derive(Serialize, JsonSchema)]
pub(crate) struct EventList<'a> {
    /// The newest first.
    events: Vec<EventEntry<'a>>,
    /// What to send as `after` for the next page; null at the end.
    next: Option<String>,
}

/// How it is described.
pub(crate) const LIST: Operation = Operation {
    id: "list_events",
    tag: "data",
    summary: "List events",
    query: Some(fields::<EventsWanted>),
    answers: &[Answer::json::<EventList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn list(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Arguments(wanted): Arguments<EventsWanted>,
) -> Result<Response, ApiError> {
    let rows = page_rows(wanted.limit)?;
    let mut conditions = Conditions::default();
    conditions.and_if("kind =", wanted.kind);
    conditions.and_if("outcome =", wanted.outcome);
    conditions.and_if("thing =", wanted.thing);
    conditions.and_if("client_id =", wanted.client_id);
    conditions.and_if("principal =", wanted.principal);
    let now = door.deps.clock.now();
    let (from, place) = newest::span(wanted.from, wanted.to, wanted.after, now)?;
    let ask = Wanted {
        account: caller.account,
        select: SELECT,
        order: "kind, outcome, cause, client_id, principal, topic, trace_id",
        conditions: &conditions,
        from,
        place,
        rows,
    };
    let answers = find(&door, &ask).await?;
    let (mut events, mut times) = (Vec::new(), Vec::new());
    for batch in answers.iter().flat_map(|answer| &answer.batches) {
        entries(&Columns(batch), &mut events, &mut times)?;
    }
    let next = cut(&mut events, &mut times, place, rows);
    Ok(axum::Json(EventList { events, next }).into_response())
}

fn entries<'a>(
    columns: &Columns<'a>,
    entries: &mut Vec<EventEntry<'a>>,
    all_times: &mut Vec<Timestamp>,
) -> Result<(), ApiError> {
    let times = columns.times(0)?;
    let (kinds, outcomes, causes) = (columns.texts(1)?, columns.texts(2)?, columns.texts(3)?);
    let counts = columns.longs(4)?;
    let rest = [5, 6, 7, 8, 9, 10].map(|at| columns.texts(at));
    let [things, clients, principals, topics, traces, addresses] = rest;
    let (things, clients, principals) = (things?, clients?, principals?);
    let (topics, traces, addresses) = (topics?, traces?, addresses?);
    for row in 0..times.len() {
        let time = Timestamp(times.value(row));
        all_times.push(time);
        entries.push(EventEntry {
            time: time.into(),
            kind: kinds.value(row),
            outcome: outcomes.value(row),
            cause: causes.value(row),
            count: counts.value(row),
            thing: text(things, row),
            client_id: text(clients, row),
            principal: text(principals, row),
            topic: text(topics, row),
            trace_id: text(traces, row),
            address: text(addresses, row),
        });
    }
    Ok(())
}
