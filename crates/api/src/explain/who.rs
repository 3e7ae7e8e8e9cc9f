// SPDX-License-Identifier: Apache-2.0
//! The state of a client or thing: connected, last messages, last refusals.

use hw_identity::certificates::Certificate;
use hw_kernel::recall::ConnectionFacts;
use hw_model::{AccountId, ErrorKind};
use serde_json::json;

use super::report::{Outcome, Report, Step, rfc_3339};
use super::rows::{Row, text};
use super::{Explainer, way};
use crate::error::ApiError;

/// Messages and events that are told.
const MESSAGES_MAX: usize = 5;
const EVENTS_MAX: usize = 10;

/// Certificates whose refusals are looked for.
const PRINCIPALS_MAX: usize = 10;

/// Hexadecimal digits of SHA-256.
const CERTIFICATE_ID_CHARS: usize = 64;

/// Characters of a cause in the verdict; the event has all of it.
const VERDICT_CHARS_MAX: usize = 120;

/// Whom it is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Who<'a> {
    Client(&'a str),
    Thing(&'a str),
}

impl Who<'_> {
    /// The column of `messages` and `events`.
    fn column(self) -> &'static str {
        match self {
            Who::Client(_) => "client_id",
            Who::Thing(_) => "thing",
        }
    }

    fn name(&self) -> &str {
        match self {
            Who::Client(name) | Who::Thing(name) => name,
        }
    }
}

impl Explainer {
    /// How a client or thing stands.
    pub(crate) async fn who(&self, account: AccountId, who: Who<'_>) -> Result<Report, ApiError> {
        let certificates = match who {
            Who::Thing(name) => self.identity.certificates_of_thing(account, name).await?,
            Who::Client(_) => None,
        };
        let messages = self.last_messages(account, who).await?;
        let connections = self.connections(account, who, &messages).await?;
        let principals = principals(certificates.as_deref(), &messages, &connections);
        let events = self.events_of(account, who, &principals).await?;
        let unknown = certificates.is_none() && messages.is_empty() && events.is_empty();
        if unknown && connections.is_empty() {
            return Err(not_found(who));
        }
        let mut steps: Vec<Step> = connections.iter().map(connected).collect();
        if connections.is_empty() {
            steps.push(Step::new("connection", Outcome::Warn, "not connected"));
        }
        if let Some(attached) = &certificates {
            steps.extend(self.certificates(account, who.name(), attached).await?);
        }
        if messages.is_empty() {
            steps.push(Step::new("message", Outcome::Ok, "none was kept of it"));
        }
        let mut past: Vec<Step> = messages.iter().map(message).collect();
        past.extend(events);
        past.sort_by(|one, other| one.time.cmp(&other.time));
        steps.extend(past);
        Ok(Report {
            about: json!({ who.column(): who.name() }),
            verdict: verdict(&steps),
            steps,
        })
    }

    /// Those that name it; and those of its certificates that name no client, since one that is
    /// refused in the handshake has not said who it is.
    async fn events_of(
        &self,
        account: AccountId,
        who: Who<'_>,
        principals: &[String],
    ) -> Result<Vec<Step>, ApiError> {
        let mut condition = match who {
            Who::Client(_) => "client_id = $1".to_owned(),
            Who::Thing(_) => "thing = $1 or client_id = $1".to_owned(),
        };
        let mut params = vec![text(who.name())];
        for (at, principal) in principals.iter().enumerate() {
            condition += &format!(" or client_id is null and principal = ${}", at + 2);
            params.push(text(principal));
        }
        self.events(account, &format!("({condition})"), params, EVENTS_MAX)
            .await
    }

    /// Oldest first.
    async fn last_messages(&self, account: AccountId, who: Who<'_>) -> Result<Vec<Row>, ApiError> {
        let sql = format!(
            "select time, topic, client_id, principal, qos, trace_id \
             from messages where {} = $1 order by time desc limit {MESSAGES_MAX}",
            who.column()
        );
        let mut rows = self.ask(account, &sql, vec![text(who.name())]).await?;
        rows.reverse();
        Ok(rows)
    }

    /// Of a thing: by its own name, and by the client ids that it published with.
    async fn connections(
        &self,
        account: AccountId,
        who: Who<'_>,
        messages: &[Row],
    ) -> Result<Vec<ConnectionFacts>, ApiError> {
        let mut ids = vec![who.name().to_owned()];
        if let Who::Thing(_) = who {
            ids.extend(
                messages
                    .iter()
                    .filter_map(|row| row.text("client_id").map(str::to_owned)),
            );
            ids[1..].sort();
            ids.dedup();
        }
        let thing = match who {
            Who::Thing(name) => Some(name.to_owned()),
            Who::Client(_) => None,
        };
        self.recall(move |recall| {
            let mut found: Vec<ConnectionFacts> = ids
                .iter()
                .filter_map(|id| recall.connection(account, id))
                .collect();
            found.retain(|one| thing.is_none() || one.thing == thing);
            found.dedup_by(|one, other| one.client_id == other.client_id);
            found
        })
        .await
    }
}

/// The certificates that it may have shown.
fn principals(
    attached: Option<&[Certificate]>,
    messages: &[Row],
    connections: &[ConnectionFacts],
) -> Vec<String> {
    let attached = attached
        .unwrap_or_default()
        .iter()
        .map(|one| one.id.to_string());
    let of_messages = messages.iter().filter_map(|row| row.text("principal"));
    let of_connections = connections.iter().map(|one| one.principal.clone());
    let mut all: Vec<String> = attached
        .chain(of_messages.map(str::to_owned))
        .chain(of_connections)
        .filter(|principal| principal.len() == CERTIFICATE_ID_CHARS)
        .collect();
    all.sort();
    all.dedup();
    all.truncate(PRINCIPALS_MAX);
    all
}

fn connected(of: &ConnectionFacts) -> Step {
    let filters: Vec<_> = of
        .subscriptions
        .iter()
        .map(|it| it.filter.as_str())
        .collect();
    let mut said = format!("connected: {}, MQTT {}", way::connection(of), of.mqtt);
    match filters.len() {
        0 => said.push_str("; subscribed to nothing"),
        1..=5 => said.push_str(&format!("; subscribed to {}", filters.join(", "))),
        count => said.push_str(&format!("; {count} subscriptions")),
    }
    if of.unread_bytes > 0 {
        said.push_str(&format!("; {} bytes wait for it to read", of.unread_bytes));
    }
    if of.unacknowledged > 0 {
        said.push_str(&format!(
            "; {} QoS 1 messages are not acknowledged by it",
            of.unacknowledged
        ));
    }
    Step::new("connection", Outcome::Ok, said)
        .at(rfc_3339(of.since))
        .detail(way::facts(of))
}

fn message(row: &Row) -> Step {
    let part = |name: &str| row.text(name).unwrap_or_default();
    let (topic, trace) = (part("topic"), part("trace_id"));
    let said = format!("{topic}, trace {trace}");
    let detail = json!({
        "topic": topic, "trace_id": trace, "client_id": row.value("client_id"),
        "qos": row.value("qos"),
    });
    Step::new("message", Outcome::Ok, said)
        .at(row.text("time").map(str::to_owned))
        .detail(detail)
}

/// Connected or not, and the last thing that went wrong.
fn verdict(steps: &[Step]) -> String {
    let connected = steps
        .iter()
        .any(|step| step.step == "connection" && step.outcome == Outcome::Ok);
    let state = if connected {
        "connected"
    } else {
        "not connected"
    };
    let wrong = |step: &&Step| step.outcome == Outcome::Fail;
    let certificate = steps
        .iter()
        .find(|step| wrong(step) && step.step == "certificate");
    let last = certificate.or_else(|| steps.iter().rev().find(wrong));
    match last {
        Some(step) if step.step == "certificate" => format!("{state}; certificate {}", step.text),
        Some(step) => format!("{state}; last refusal: {}", cut(&step.text)),
        None => format!("{state}; nothing was refused as far as table events goes back"),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(VERDICT_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

fn not_found(who: Who<'_>) -> ApiError {
    let message = match who {
        Who::Client(name) => format!(
            "no client {name:?} is connected, and no message or event names it: is it the MQTT \
             client id? `--thing` asks for a thing by name"
        ),
        Who::Thing(name) => format!(
            "there is no thing {name:?}, and no message or event names it: aws iot list-things \
             shows those there are"
        ),
    };
    ApiError::new(ErrorKind::NotFound, message)
}
