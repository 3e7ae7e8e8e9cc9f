// SPDX-License-Identifier: Apache-2.0
//! Clients for people.

use hw_model::Timestamp;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::super::amounts::{bytes, span};
use super::super::paint::Paint;
use super::super::table::{Align, Table, harmless};

/// Characters of a client id or thing in a list; `clients show` and `--json` have all of it.
const NAME_CHARS_MAX: usize = 36;

/// A line for each client.
pub fn table<'a>(clients: impl Iterator<Item = &'a Value>, now: Timestamp, paint: Paint) -> String {
    use Align::{Left, Right};
    let mut table = Table::new([
        ("client id", Left),
        ("state", Left),
        ("for", Right),
        ("thing", Left),
        ("address", Left),
        ("subs", Right),
        ("owed", Right),
        ("in flight", Right),
        ("unread", Right),
        ("session", Left),
    ]);
    for client in clients {
        let text = |field: &str| client[field].as_str().unwrap_or_default().to_owned();
        let number = |field: &str| client[field].as_u64().unwrap_or(0);
        table.push([
            cut(&text("client_id")),
            text("state"),
            ago(&client["since"], now),
            cut(&text("thing")),
            text("address"),
            number("subscriptions").to_string(),
            number("owed").to_string(),
            number("in_flight").to_string(),
            bytes(number("unread_bytes") as f64),
            session(&text("session")),
        ]);
    }
    table.render(paint)
}

/// All about one client, a line for each fact.
pub fn whole(client: &Value, now: Timestamp, paint: Paint) -> String {
    let text = |field: &str| harmless(client[field].as_str().unwrap_or_default());
    let number = |field: &str| client[field].as_u64().unwrap_or(0);
    let mut lines = vec![paint.bold(&text("client_id"))];
    let mut say = |name: &str, value: String| {
        if !value.is_empty() {
            lines.push(format!("  {}{value}", paint.dim(&format!("{name:<14}"))));
        }
    };
    let connection = &client["connection"];
    let since = format!("{} {}", text("state"), ago(&client["since"], now));
    say(
        "state",
        match connection["mqtt"].as_str() {
            Some(version) => {
                let door = connection["door"].as_str().unwrap_or_default();
                format!("{since}, MQTT {version} by {door} from {}", text("address"))
            }
            None => since,
        },
    );
    say("thing", text("thing"));
    say("principal", text("principal"));
    if !connection.is_null() {
        let keep_alive = connection["keep_alive_seconds"].as_u64().unwrap_or(0);
        say(
            "keep-alive",
            match keep_alive {
                0 => "none".to_owned(),
                seconds => format!("{seconds} s"),
            },
        );
        say(
            "last packet",
            format!("{} ago", ago(&connection["last_packet"], now)),
        );
    }
    let expires = match &client["expires"] {
        Value::String(at) => format!("; ends at {at}"),
        _ => String::new(),
    };
    say("session", session(&text("session")) + &expires);
    say(
        "owed",
        format!(
            "{} messages, {} in flight, {} of QoS 2 half way",
            number("owed"),
            number("in_flight"),
            number("half_way"),
        ),
    );
    say("unread", bytes(number("unread_bytes") as f64));
    let will = &client["will"];
    if let Some(topic) = will["topic"].as_str() {
        let retained = if will["retain"] == true {
            ", retained"
        } else {
            ""
        };
        let when = match (will["due"].as_str(), will["delay_seconds"].as_u64()) {
            (Some(due), _) => format!(", due at {due}"),
            (None, Some(delay @ 1..)) => format!(", {delay} s after the connection's end"),
            _ => String::new(),
        };
        let (topic, qos) = (paint.accent(&harmless(topic)), &will["qos"]);
        say("will", format!("{topic} (QoS {qos}{retained}){when}"));
    }
    let subscribed = client["subscribed"].as_array().into_iter().flatten();
    for (at, it) in subscribed.enumerate() {
        let identifier = match it["identifier"].as_u64() {
            Some(identifier) => format!(", identifier {identifier}"),
            None => String::new(),
        };
        let filter = paint.accent(&harmless(it["filter"].as_str().unwrap_or_default()));
        let name = if at == 0 { "subscribes to" } else { "" };
        say(name, format!("{filter} (QoS {}{identifier})", it["qos"]));
    }
    lines.join("\n") + "\n"
}

/// `never` outlives nothing.
fn session(text: &str) -> String {
    match text.parse::<u64>() {
        Ok(seconds) => format!("kept {}", span(seconds as f64)),
        Err(_) if text == "ever" => "kept for ever".to_owned(),
        Err(_) => "with connection".to_owned(),
    }
}

fn ago(time: &Value, now: Timestamp) -> String {
    let time = time
        .as_str()
        .and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
    let Some(time) = time else {
        return String::new();
    };
    let micros = now.0 as i128 - time.unix_timestamp_nanos() / 1_000;
    span(micros.max(0) as f64 / 1e6)
}

fn cut(text: &str) -> String {
    if text.chars().count() <= NAME_CHARS_MAX {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(NAME_CHARS_MAX - 1).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_for_each_client() {
        let client = json!({"client_id": "m1", "state": "away", "since": "1970-01-01T00:00:00Z",
            "thing": null, "address": null, "subscriptions": 2, "owed": 7, "in_flight": 0,
            "unread_bytes": 2048, "session": "3600"});
        let text = table([&client].into_iter(), Timestamp(90_000_000), Paint::plain());
        let line = text.lines().last().unwrap_or_default();
        assert!(
            line.contains("away   90 s") && line.ends_with("kept 60 min"),
            "{text}"
        );
    }

    #[test]
    fn a_client_whole() {
        let client = json!({"client_id": "m\u{1b}1", "state": "connected", "thing": "t",
            "since": "1970-01-01T00:00:00Z", "address": "10.0.0.7", "principal": "abc",
            "session": "never", "owed": 0, "in_flight": 1, "half_way": 0, "unread_bytes": 0,
            "connection": {"mqtt": "5", "door": "mqtts", "keep_alive_seconds": 60,
                "last_packet": "1970-01-01T00:00:09Z"},
            "will": {"topic": "w", "qos": 1, "retain": true, "delay_seconds": 5, "due": null},
            "subscribed": [{"filter": "a/#", "qos": 1, "identifier": 3}], "expires": null});
        let text = whole(&client, Timestamp(10_000_000), Paint::plain());
        for part in [
            "m\\u{1b}1\n",
            "connected 10 s, MQTT 5 by mqtts from 10.0.0.7",
            "last packet   1.0 s ago",
            "w (QoS 1, retained), 5 s after",
            "a/# (QoS 1, identifier 3)",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
