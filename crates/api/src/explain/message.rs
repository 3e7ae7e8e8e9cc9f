// SPDX-License-Identifier: Apache-2.0
//! The way of one message.

use hw_kernel::recall::{Asker, Flight, Ruling, Unknown};
use hw_model::trace::Producer;
use hw_model::{AccountId, ErrorKind, TraceId};
use serde_json::json;

use super::arns::Arns;
use super::cure::{About, cure};
use super::report::{Outcome, Report, Step, micros};
use super::rows::{Row, text};
use super::{Explainer, way};
use crate::error::ApiError;

/// Events of a message that are told.
const EVENTS_MAX: usize = 20;

const COLUMNS: &str = "time, topic, thing, client_id, principal, qos, retain, trace_id, payload";

impl Explainer {
    /// The way of a message of the account.
    pub(crate) async fn message(
        &self,
        account: AccountId,
        trace: TraceId,
    ) -> Result<Report, ApiError> {
        let name = trace.to_string();
        let flight = self
            .recall(move |recall| recall.flight(account, trace))
            .await?;
        let sql = format!("select {COLUMNS} from messages where trace_id = $1 limit 1");
        let row = self.ask(account, &sql, vec![text(&name)]).await?.pop();
        let events = self
            .events(account, "trace_id = $1", vec![text(&name)], EVENTS_MAX)
            .await?;
        if flight.is_err() && row.is_none() && events.is_empty() {
            return Err(not_found(trace, flight.err()));
        }
        let flight = flight.ok();
        let mut steps = Vec::new();
        steps.extend(received(flight.as_ref(), row.as_ref()));
        steps.extend(self.allowed(account, flight.as_ref(), row.as_ref()).await?);
        if let Some(flight) = &flight {
            steps.push(way::delivered(&flight.deliveries));
        } else {
            steps.push(Step::new("delivered", Outcome::Unknown, FORGOTTEN));
        }
        steps.extend(kept(flight.as_ref(), row.as_ref()));
        if let Some((flight, row)) = flight.as_ref().zip(row.as_ref()) {
            steps.extend(way::acknowledged(flight, row.int("qos")));
        }
        if let Some(row) = &row {
            let time = row.text("time").and_then(micros).unwrap_or_default();
            steps.push(self.place(account, &name, time).await?);
            steps.push(self.telemetry(account, &name, row).await?);
        }
        steps.extend(events);
        Ok(Report {
            about: about(&name, row.as_ref()),
            verdict: verdict(&steps),
            steps,
        })
    }

    /// Which statement allowed it: of the connection itself where nothing has changed since, else
    /// by today's policies.
    async fn allowed(
        &self,
        account: AccountId,
        flight: Option<&Flight>,
        row: Option<&Row>,
    ) -> Result<Option<Step>, ApiError> {
        let Some(row) = row else {
            let unknown = || Step::new("allowed", Outcome::Unknown, NOT_IN_TABLES);
            return Ok(flight.map(|_| unknown()));
        };
        let Some((topic, principal)) = row.text("topic").zip(row.text("principal")) else {
            return Ok(None);
        };
        let client_id = row.text("client_id");
        let who = Asker {
            account,
            principal: principal.to_owned(),
            client_id: client_id.unwrap_or_default().to_owned(),
        };
        let asked = topic.to_owned();
        let ruling = self
            .recall(move |recall| recall.may_publish(&who, &asked))
            .await?;
        let same = flight.and_then(|flight| {
            let from = flight.publisher.as_ref()?;
            Some(from.policies_since <= flight.received)
        });
        let now = if same == Some(true) {
            ""
        } else {
            "by today's policies: "
        };
        let arns = Arns {
            region: self.identity.region(),
            account,
        };
        let about = |cause| About {
            cause,
            client_id,
            principal: Some(principal),
            topic: Some(topic),
        };
        Ok(Some(match ruling {
            Ok(Ruling { allowed: true, why }) => {
                let step = Step::new("allowed", Outcome::Ok, format!("{now}{why}"));
                step.detail(json!({ "statement": why.statement, "today": same != Some(true) }))
            }
            Ok(Ruling { why, .. }) => {
                let said = format!("it was allowed then; today it would be refused: {why}");
                let cure = cure(&about(&why.text), &arns);
                Step::new("allowed", Outcome::Warn, said).cure(cure)
            }
            Err(cause) => {
                let said = format!("it was allowed then; today it would be refused: {cause}");
                let cure = cure(&about(&cause), &arns);
                Step::new("allowed", Outcome::Warn, said).cure(cure)
            }
        }))
    }
}

const NOT_IN_TABLES: &str = "by a statement that is not known: who sent it is remembered only of \
                             messages in the tables";

const FORGOTTEN: &str = "to whom is not remembered any more: each shard remembers its last \
                         messages since the start (explain.messages_max)";

fn received(flight: Option<&Flight>, row: Option<&Row>) -> Option<Step> {
    if let Some(flight) = flight {
        let mut step = way::received(flight);
        if let (None, Some(row)) = (&flight.publisher, row) {
            step.text = format!(
                "{}; shard {}; the connection has ended since",
                from(row),
                flight.shard
            );
        }
        return Some(step);
    }
    let row = row?;
    let step = Step::new("received", Outcome::Ok, from(row));
    Some(step.at(row.text("time").map(str::to_owned)))
}

fn from(row: &Row) -> String {
    let client = row
        .text("client_id")
        .map_or("no MQTT client".into(), |id| format!("client {id}"));
    let thing = row.text("thing").map(|thing| format!("thing {thing}, "));
    let principal = way::short(row.text("principal").unwrap_or("nobody"));
    format!("from {client} ({}{principal})", thing.unwrap_or_default())
}

fn kept(flight: Option<&Flight>, row: Option<&Row>) -> Option<Step> {
    let remembered = flight.and_then(way::kept);
    remembered.or_else(|| row.map(|_| Step::new("kept", Outcome::Ok, "in table messages")))
}

fn about(trace: &str, row: Option<&Row>) -> serde_json::Value {
    let Some(row) = row else {
        return json!({ "trace_id": trace });
    };
    json!({
        "trace_id": trace,
        "time": row.value("time"), "topic": row.value("topic"), "thing": row.value("thing"),
        "client_id": row.value("client_id"), "principal": row.value("principal"),
        "qos": row.value("qos"), "retain": row.bool("retain"),
        "payload_bytes": row.bytes("payload").len(),
    })
}

/// The worst thing first; else that all is well.
fn verdict(steps: &[Step]) -> String {
    let of = |outcome| steps.iter().find(|step| step.outcome == outcome);
    if let Some(step) = of(Outcome::Fail) {
        return format!("not all went well: {}", step.text);
    }
    let has = |name: &str| {
        steps
            .iter()
            .any(|step| step.step == name && step.outcome == Outcome::Ok)
    };
    let parts: Vec<&str> = [
        ("received", "received"),
        ("allowed", "allowed"),
        ("kept", "kept"),
        ("delivered", "handed on"),
        ("telemetry", "in telemetry"),
    ]
    .into_iter()
    .filter_map(|(step, word)| has(step).then_some(word))
    .collect();
    match of(Outcome::Warn) {
        Some(step) => format!("{}; but {}", parts.join(", "), step.text),
        None => parts.join(", "),
    }
}

fn not_found(trace: TraceId, why: Option<Unknown>) -> ApiError {
    let said = match why {
        _ if trace.producer.shard >= Producer::WORKERS => {
            "this is no message's trace id: it names a record that the server wrote itself"
        }
        Some(Unknown::NeverGiven) => {
            "no message has had this trace id: copy it whole from `headwater tail --json` or from \
             trace_id in table messages"
        }
        Some(Unknown::EarlierRun) => {
            "nothing is known of it: it is of an earlier run of the server, and no row of table \
             messages has it (never kept, or past its retention)"
        }
        _ => {
            "nothing is known of it any more: no row of table messages has it, and the shards have \
             forgotten it (HEADWATER_KEEP leaves its topic out, or it is another account's)"
        }
    };
    ApiError::new(ErrorKind::NotFound, said)
}
