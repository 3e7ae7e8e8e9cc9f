// SPDX-License-Identifier: Apache-2.0
//! An explanation for people: a head, then a line for each step and its cure below.

use hw_model::Timestamp;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::cli::paint::Paint;
use crate::cli::table::harmless;

/// The whole of it.
pub(super) fn report(report: &Value, now: Timestamp, paint: Paint) -> String {
    let steps = report["steps"].as_array().map_or(&[][..], Vec::as_slice);
    let about = &report["about"];
    let mut text = head(about, now, paint);
    text += &format!("{}\n\n", harmless(string(&report["verdict"])));
    let begin = string(&about["time"]);
    let width = steps.iter().map(|step| string(&step["step"]).len()).max();
    let first = steps.iter().find_map(|step| micros(string(&step["time"])));
    for step in steps {
        text += &line(
            step,
            width.unwrap_or(0),
            (!begin.is_empty()).then_some(first).flatten(),
            now,
            paint,
        );
    }
    text
}

fn head(about: &Value, now: Timestamp, paint: Paint) -> String {
    for (key, word) in [
        ("trace_id", "Message"),
        ("thing", "Thing"),
        ("client_id", "Client"),
    ] {
        let Some(name) = about[key].as_str() else {
            continue;
        };
        let mut text = format!("{}\n", paint.bold(&format!("{word} {}", harmless(name))));
        if key == "trace_id"
            && let Some(topic) = about["topic"].as_str()
        {
            let bytes = &about["payload_bytes"];
            let (topic, time) = (paint.accent(&harmless(topic)), string(&about["time"]));
            let ago = micros(time).map(|at| ago(now.0 - at)).unwrap_or_default();
            text += &format!(
                "{topic}, {bytes} bytes, QoS {}, {ago} ({time})\n",
                about["qos"]
            );
        }
        return text;
    }
    String::new()
}

fn line(step: &Value, width: usize, first: Option<i64>, now: Timestamp, paint: Paint) -> String {
    let name = string(&step["step"]);
    let mark = match string(&step["outcome"]) {
        "ok" => paint.good("✓"),
        "warn" => paint.warn("!"),
        "fail" => paint.warn("✗"),
        _ => paint.dim("?"),
    };
    let at = micros(string(&step["time"]));
    let time = match (at, first) {
        (Some(at), Some(first)) if at != first => after(at - first),
        (Some(at), _) => clock(at, now),
        (None, _) => String::new(),
    };
    let time = paint.dim(&format!("{time:<12}"));
    let said = harmless(string(&step["text"]));
    let mut text = format!("{mark} {name:<width$}  {time}  {said}\n");
    if let Some(cure) = step["cure"].as_str() {
        let indent = " ".repeat(width + 4);
        text += &format!(
            "{indent}{}\n",
            paint.accent(&format!("→ {}", harmless(cure)))
        );
    }
    text
}

fn string(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn micros(text: &str) -> Option<i64> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(time.unix_timestamp_nanos() / 1_000).ok()
}

/// The time of day in UTC; of another day, the day.
fn clock(at: i64, now: Timestamp) -> String {
    let time = |micros: i64| OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000);
    let (Ok(at), Ok(now)) = (time(at), time(now.0)) else {
        return String::new();
    };
    if at.date() == now.date() {
        let (h, m, s) = at.to_hms();
        format!("{h:02}:{m:02}:{s:02}.{:03}", at.millisecond())
    } else {
        let (h, m, _) = at.to_hms();
        format!("{:02}-{:02} {h:02}:{m:02}", u8::from(at.month()), at.day())
    }
}

/// `+2.1 ms`
fn after(micros: i64) -> String {
    match micros {
        ..1_000 => format!("+{micros} µs"),
        1_000..1_000_000 => format!("+{:.1} ms", micros as f64 / 1e3),
        _ => format!("+{:.1} s", micros as f64 / 1e6),
    }
}

/// `3 min ago`
fn ago(micros: i64) -> String {
    let seconds = micros.div_euclid(1_000_000);
    match seconds {
        ..0 => "in the future".to_owned(),
        0 => "just now".to_owned(),
        1..120 => format!("{seconds} s ago"),
        120..7_200 => format!("{} min ago", seconds / 60),
        7_200..172_800 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_message_reads_like_a_list() {
        let told = json!({
            "about": {"trace_id": "t-1", "topic": "a/b", "payload_bytes": 5, "qos": 1,
                "time": "2026-11-12T16:14:10.000000Z"},
            "verdict": "received, kept",
            "steps": [
                {"step": "received", "outcome": "ok", "time": "2026-11-12T16:14:10.000000Z",
                 "text": "from client m"},
                {"step": "kept", "outcome": "ok", "time": "2026-11-12T16:14:10.002100Z",
                 "text": "in the Log"},
                {"step": "file", "outcome": "warn", "text": "no\u{1b}", "cure": "do it"},
            ],
        });
        let now = Timestamp(micros("2026-11-12T16:17:10Z").unwrap());
        let expected = "\
Message t-1
a/b, 5 bytes, QoS 1, 3 min ago (2026-11-12T16:14:10.000000Z)
received, kept

✓ received  16:14:10.000  from client m
✓ kept      +2.1 ms       in the Log
! file                    no\\u{1b}
            → do it
";
        assert_eq!(report(&told, now, Paint::plain()), expected);
    }

    #[test]
    fn spans() {
        assert_eq!([after(7), after(2_000_000)], ["+7 µs", "+2.0 s"]);
        assert_eq!(
            [ago(-1), ago(5), ago(90_000_000)],
            ["in the future", "just now", "90 s ago"]
        );
    }
}
