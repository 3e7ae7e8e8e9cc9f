// SPDX-License-Identifier: Apache-2.0
//! One look at the broker, as text.

use hw_model::Timestamp;
use serde_json::Value;

use super::super::amounts::{bytes, count};
use super::super::clients;
use super::super::paint::Paint;
use super::super::table::harmless;
use super::figures::Figures;

/// Workers whose lag is the broker's or the lake's: shown though they are healthy.
const SHOWN_WORKERS: &[&str] = &["lake.ingest", "broker.checkpoint"];

/// Everything, each line ending in a line break.
pub fn render(
    figures: &Figures,
    status: &Value,
    clients: &Value,
    now: Timestamp,
    paint: Paint,
) -> String {
    let number = |at: &Value, field: &str| at[field].as_f64().unwrap_or(0.0);
    let mut text = String::new();
    let mut say = |name: &str, value: String| {
        text += &format!("{}{value}\n", paint.bold(&format!("{name:<10}")));
    };
    let version = status["version"].as_str().unwrap_or_default();
    let host = status["public_host"].as_str().unwrap_or_default();
    say(
        "headwater",
        format!("{} {}", harmless(version), paint.dim(&harmless(host))),
    );
    let broker = &status["broker"];
    let mut line = format!(
        "{} connected, {} away",
        number(clients, "connected"),
        number(clients, "away")
    );
    if !broker.is_null() {
        line += &format!("; {} subscriptions", number(broker, "subscriptions"));
    }
    say("clients", line);
    if let Some(received) = figures.rate("messages_received") {
        let rate = |name: &str| figures.rate(name).unwrap_or(0.0);
        say(
            "messages",
            format!(
                "{}/s in ({}/s), {}/s out, {}/s kept, {}/s acknowledged",
                count(received),
                bytes(rate("received_bytes")),
                count(rate("messages_delivered")),
                count(rate("messages_kept")),
                count(rate("messages_acknowledged")),
            ),
        );
        let trouble = |name: &str, total: f64| {
            let rate = rate(name);
            let text = format!("{}/s ({} since the start)", count(rate), count(total));
            if rate > 0.0 { paint.warn(&text) } else { text }
        };
        say(
            "dropped",
            trouble("messages_dropped", number(broker, "messages_dropped")),
        );
        say("refused", trouble("refused", number(broker, "refused")));
        say(
            "waiting",
            format!(
                "{} acknowledgements and {} for the disk; {} messages owed to {} sessions",
                number(broker, "acknowledgements_waiting"),
                bytes(number(broker, "log_waiting_bytes")),
                count(number(broker, "owed_messages")),
                number(broker, "sessions"),
            ),
        );
        say(
            "retained",
            format!(
                "{} messages, {}",
                count(number(broker, "retained_messages")),
                bytes(number(broker, "retained_bytes")),
            ),
        );
    }
    let workers = status["workers"].as_array().into_iter().flatten();
    for (name, line) in workers.filter_map(|worker| shown(worker, paint)) {
        text += &format!("{}{line}\n", paint.bold(&format!("{name:<19}")));
    }
    let clients = clients["clients"].as_array().into_iter().flatten();
    let slowest: Vec<&Value> = clients.filter(|client| is_behind(client)).collect();
    text += &format!("\n{}\n", paint.dim("slowest readers"));
    if slowest.is_empty() {
        return text + "nobody is behind\n";
    }
    text + &clients::table_of(slowest.into_iter(), now, paint)
}

/// Whether something waits for a client.
fn is_behind(client: &Value) -> bool {
    let some = |field: &&str| client[*field].as_u64().is_some_and(|number| number > 0);
    ["owed", "in_flight", "unread_bytes"].iter().any(some)
}

/// A worker that matters here, or that fails.
fn shown(worker: &Value, paint: Paint) -> Option<(String, String)> {
    let field = |name: &str| harmless(worker[name].as_str().unwrap_or_default());
    let (name, state) = (field("name"), field("state"));
    let fails = state.starts_with("fail");
    if !fails && !SHOWN_WORKERS.contains(&name.as_str()) {
        return None;
    }
    let line = format!("{state}  {} {}", field("lag"), field("last_error"));
    let line = line.trim_end().to_owned();
    Some((name, if fails { paint.warn(&line) } else { line }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn clients() -> Value {
        json!({"connected": 3, "away": 1, "clients": [{"client_id": "slow", "state": "connected",
            "owed": 9, "unread_bytes": 5000, "session": "never"}]})
    }

    #[test]
    fn an_operator_sees_rates_and_who_fails() {
        let status = json!({"version": "1.2", "broker": {"subscriptions": 7, "sessions": 2,
            "owed_messages": 9, "messages_dropped": 4},
            "workers": [{"name": "lake.ingest", "state": "idle", "lag": "3 rows"},
                {"name": "lake.sweep", "state": "idle", "lag": ""},
                {"name": "log.scrub", "state": "failing", "lag": "", "last_error": "EIO"}]});
        let before = json!({"messages_received": 0});
        let broker = json!({"messages_received": 1_500});
        let figures = Figures::between(&before, &broker, 1.0);
        let text = render(&figures, &status, &clients(), Timestamp(0), Paint::plain());
        for part in [
            "clients   3 connected, 1 away; 7 subscriptions\n",
            "messages  1.5k/s in",
            "9 messages owed to 2 sessions\n",
            "lake.ingest        idle  3 rows\n",
            "log.scrub          failing   EIO\n",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("lake.sweep"), "{text}");
        assert!(
            text.lines()
                .last()
                .is_some_and(|line| line.starts_with("slow")),
            "{text}"
        );
    }

    #[test]
    fn others_see_their_clients() {
        let figures = Figures::between(&Value::Null, &Value::Null, 1.0);
        let status = json!({"version": "1.2"});
        let text = render(&figures, &status, &clients(), Timestamp(0), Paint::plain());
        assert!(
            text.contains("3 connected, 1 away\n") && !text.contains("messages  "),
            "{text}"
        );
    }
}
