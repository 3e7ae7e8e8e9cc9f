// SPDX-License-Identifier: Apache-2.0
//! `tail`: messages as they pass.

use clap::Args;
use serde_json::Value;

use super::paint::Paint;
use super::server::ServerArgs;
use super::table::harmless;
use super::{Failure, block_on, ended, note};
use crate::client::{Event, Events};

/// Show messages as they pass, until Ctrl-C
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater tail '#' --data ./data
  headwater tail 'plant/+/temperature' --json --data ./data | jq .payload
  headwater tail '#' --count 1 --data ./data")]
pub struct Tail {
    /// Topic filter, with the wildcards + and #
    #[arg(value_name = "FILTER", default_value = "#")]
    filter: String,
    /// End after so many messages
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Print a JSON object per line for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

impl Tail {
    pub(super) fn run(&self) -> Result<(), Failure> {
        block_on(async {
            let mut events = self.server.client()?.stream(&self.filter).await?;
            note(&format!("Listening to {} (Ctrl-C ends it)", self.filter));
            tokio::select! {
                shown = self.show(&mut events) => shown,
                ended = ended() => ended,
            }
        })
    }

    async fn show(&self, events: &mut Events) -> Result<(), Failure> {
        let paint = Paint::for_stdout();
        let mut left = self.count;
        while left != Some(0) {
            match events.next().await? {
                Some(Event::Message(message)) if self.json => {
                    super::print_line(&message)?;
                }
                Some(Event::Message(message)) => {
                    let message: Value = serde_json::from_str(&message)
                        .map_err(|error| Failure::failed(format!("not a message: {error}")))?;
                    super::print_line(&line(&message, paint))?;
                }
                Some(Event::Dropped(count)) => {
                    note(&format!(
                        "{count} messages were left out: they come faster than they are read"
                    ));
                    continue;
                }
                None => {
                    return Err(Failure::failed(
                        "the server ended the stream; is it shutting down?",
                    ));
                }
            }
            left = left.map(|left| left - 1);
        }
        Ok(())
    }
}

/// `16:14:10.123  topic  payload`, in one line whatever the payload holds.
fn line(message: &Value, paint: Paint) -> String {
    let text = |key: &str| message[key].as_str().unwrap_or_default();
    // RFC 3339: the time of day begins behind the T and the zone is UTC.
    let time = text("time")
        .split_once('T')
        .map_or("", |(_, time)| time.trim_end_matches('Z'));
    let time: String = time.chars().take(12).collect();
    let payload = match (&message["text"], &message["base64"]) {
        (Value::String(text), _) => harmless(text),
        (_, Value::String(base64)) => paint.dim(&format!("base64 {base64}")),
        _ => message["payload"].to_string(),
    };
    let topic = paint.accent(&harmless(text("topic")));
    format!("{}  {topic}  {payload}", paint.dim(&format!("{time:<12}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_per_message() {
        let message = json!({"time": "2026-11-12T16:14:10.123456Z", "topic": "a/b",
            "payload": {"n": 1}, "text": "{\"n\":\n 1}"});
        assert_eq!(
            line(&message, Paint::plain()),
            "16:14:10.123  a/b  {\"n\":\\n 1}"
        );
    }

    #[test]
    fn bytes_that_are_no_text() {
        let message = json!({"time": "2026-11-12T16:14:10Z", "topic": "a", "text": null,
            "payload": null, "base64": "/w=="});
        assert_eq!(
            line(&message, Paint::plain()),
            "16:14:10      a  base64 /w=="
        );
    }
}
