// SPDX-License-Identifier: Apache-2.0
//! Steps that the shards remember: received, kept, acknowledged, delivered.

use hw_kernel::recall::{ConnectionFacts, Deliveries, Fate, Flight, Kept, Receiver};
use hw_model::Timestamp;
use serde_json::{Value, json};

use super::report::{Outcome, Step, rfc_3339};

/// Where a message came in, as far as its connection is open still.
pub(crate) fn received(flight: &Flight) -> Step {
    let from = flight.publisher.as_ref().map_or_else(
        || "from a connection that has ended since".to_owned(),
        |from| format!("from {}", connection(from)),
    );
    let shard = flight.shard;
    let connection = flight.publisher.as_ref().map(facts);
    let detail = json!({ "shard": shard, "connection": connection });
    Step::new("received", Outcome::Ok, format!("{from}; shard {shard}"))
        .at(rfc_3339(flight.received))
        .detail(detail)
}

/// A connection for programs, with times as the API writes them.
pub(crate) fn facts(of: &ConnectionFacts) -> Value {
    let mut facts = json!(of);
    for name in ["since", "policies_since", "last_packet"] {
        let micros = facts[name].as_i64().unwrap_or_default();
        facts[name] = json!(rfc_3339(Timestamp(micros)));
    }
    facts
}

/// `client m1 by mqtts (thing m1, certificate 3f2a…, 10.0.0.7)`
pub(crate) fn connection(of: &ConnectionFacts) -> String {
    let thing = of.thing.as_ref().map(|thing| format!("thing {thing}, "));
    let who = match of.principal.as_str() {
        "anonymous" => "anonymous".to_owned(),
        name if name.contains('/') => name.to_owned(),
        id => format!("certificate {}", short(id)),
    };
    let (id, door, address) = (&of.client_id, of.door, &of.address);
    let thing = thing.unwrap_or_default();
    format!("client {id} by {door} ({thing}{who}, {address})")
}

/// The beginning of a certificate's id tells it from others.
pub(crate) fn short(id: &str) -> String {
    if id.len() == 64 && id.is_ascii() {
        format!("{}…", &id[..12])
    } else {
        id.to_owned()
    }
}

/// Whether it is in the Log; `None` if its row in the tables must tell.
pub(crate) fn kept(flight: &Flight) -> Option<Step> {
    let step = match &flight.kept {
        Kept::Not => {
            let said = "not kept: HEADWATER_KEEP leaves its topic out";
            let cure = "keep it: add its topic to the filters of HEADWATER_KEEP, or set all";
            Step::new("kept", Outcome::Warn, said).cure(cure.to_owned())
        }
        Kept::Waiting => Step::new("kept", Outcome::Ok, "on its way to the disk"),
        Kept::Durable { time, position } => {
            let said = format!("in the Log, on disk; its group ends at {position}");
            Step::new("kept", Outcome::Ok, said)
                .at(rfc_3339(*time))
                .detail(json!({ "position": position }))
        }
        Kept::Failed { time, cause } => {
            let cure = "see `headwater doctor`; the client was told to send it again".to_owned();
            Step::new("kept", Outcome::Fail, cause.clone())
                .at(rfc_3339(*time))
                .cure(cure)
        }
        Kept::Forgotten => return None,
    };
    Some(step)
}

/// When its publisher was told, for QoS 1.
pub(crate) fn acknowledged(flight: &Flight, qos: i64) -> Option<Step> {
    if qos != 1 {
        return None;
    }
    let (time, said): (Timestamp, _) = match &flight.kept {
        Kept::Durable { time, .. } => (*time, "PUBACK, when it was on disk"),
        Kept::Not => (flight.received, "PUBACK, at once"),
        _ => return None,
    };
    Some(Step::new("acknowledged", Outcome::Ok, said).at(rfc_3339(time)))
}

/// To whom it went.
pub(crate) fn delivered(all: &Deliveries) -> Step {
    let detail = json!(all);
    if all.total() == 0 {
        let said = "to nobody: no subscription matched when it passed";
        return Step::new("delivered", Outcome::Ok, said).detail(detail);
    }
    let bad = all.dropped_full + all.refused_receive + all.lost;
    let outcome = match (bad, all.forgotten) {
        (0, 0) => Outcome::Ok,
        (0, _) => Outcome::Unknown,
        _ => Outcome::Warn,
    };
    let total = all.total();
    let mut said = match (bad + all.forgotten, total) {
        (0, 1) => "to 1 receiver".to_owned(),
        (0, _) => format!("to {total} receivers"),
        _ => format!("to {} of {total} receivers", all.sent + all.queued),
    };
    let parts = [
        (all.queued, "waited for a slow receiver"),
        (all.dropped_full, "dropped: the receiver's buffer was full"),
        (all.refused_receive, "refused: iot:Receive"),
        (
            all.lost,
            "lost: the receiver had gone, or takes no packet of that size",
        ),
        (all.forgotten, "on other shards, not remembered any more"),
    ];
    for (count, what) in parts.into_iter().filter(|(count, _)| *count > 0) {
        said.push_str(&format!("; {count} {what}"));
    }
    if !all.receivers.is_empty() {
        let named: Vec<String> = all.receivers.iter().map(receiver).collect();
        said.push_str(&format!(": {}", named.join(", ")));
    }
    if all.total() > all.receivers.len() as u64 && !all.receivers.is_empty() {
        said.push_str(", …");
    }
    Step::new("delivered", outcome, said).detail(detail)
}

fn receiver(one: &Receiver) -> String {
    let name = one.client_id.as_deref().unwrap_or("a client that has left");
    match one.fate {
        Fate::Sent => name.to_owned(),
        Fate::Queued => format!("{name} (waited)"),
        Fate::DroppedFull => format!("{name} (dropped)"),
        Fate::RefusedReceive => format!("{name} (refused)"),
        Fate::Lost => format!("{name} (lost)"),
    }
}
