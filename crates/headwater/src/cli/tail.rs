// SPDX-License-Identifier: Apache-2.0
//! `tail`: messages as they pass.

use clap::Args;
use serde_json::Value;

use super::paint::Paint;
use super::payloads::Payloads;
use super::retained;
use super::server::ServerArgs;
use super::table::harmless;
use super::{Failure, block_on, ended, note};
use crate::client::{Client, Event, Events};

/// Show messages as they pass, until Ctrl-C
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater tail '#' --data ./data
  headwater tail 'plant/+/temperature' --json --data ./data | jq .payload
  headwater tail 'plant/#' --retained --payload hex --data ./data
  headwater tail '#' --count 1 --data ./data")]
pub struct Tail {
    /// Topic filter, with the wildcards + and #
    #[arg(value_name = "FILTER", default_value = "#")]
    filter: String,
    /// Show the retained messages of the filter first
    #[arg(long)]
    retained: bool,
    /// How payloads are shown
    #[arg(long, value_enum, default_value_t = Payloads::Auto, conflicts_with = "json")]
    payload: Payloads,
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
            let client = self.server.client()?;
            // The stream is open before the retained ones are read: nothing passes between.
            let mut events = client.stream(&self.filter).await?;
            let mut left = self.count;
            if self.retained {
                left = self.show_retained(&client, left).await?;
            }
            note(&format!("Listening to {} (Ctrl-C ends it)", self.filter));
            tokio::select! {
                shown = self.show(&mut events, left) => shown,
                ended = ended() => ended,
            }
        })
    }

    async fn show_retained(
        &self,
        client: &Client,
        left: Option<u64>,
    ) -> Result<Option<u64>, Failure> {
        let max = left.map_or(u32::MAX, |left| u32::try_from(left).unwrap_or(u32::MAX));
        if max == 0 {
            return Ok(left);
        }
        let (mut found, _) = retained::fetch(client, &self.filter, max).await?;
        let paint = Paint::for_stdout();
        for message in &mut found {
            message["retain"] = true.into();
            match self.json {
                true => super::print_line(&message.to_string())?,
                false => {
                    let shown = shown("retained", message, self.payload, paint);
                    super::print_line(&shown)?;
                }
            }
        }
        Ok(left.map(|left| left.saturating_sub(found.len() as u64)))
    }

    async fn show(&self, events: &mut Events, mut left: Option<u64>) -> Result<(), Failure> {
        let paint = Paint::for_stdout();
        while left != Some(0) {
            match events.next().await? {
                Some(Event::Message(message)) if self.json => {
                    super::print_line(&message)?;
                }
                Some(Event::Message(message)) => {
                    let message: Value = serde_json::from_str(&message)
                        .map_err(|error| Failure::failed(format!("not a message: {error}")))?;
                    super::print_line(&line(&message, self.payload, paint))?;
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
fn line(message: &Value, payload: Payloads, paint: Paint) -> String {
    let text = |key: &str| message[key].as_str().unwrap_or_default();
    // RFC 3339: the time of day begins behind the T and the zone is UTC.
    let time = text("time")
        .split_once('T')
        .map_or("", |(_, time)| time.trim_end_matches('Z'));
    let time: String = time.chars().take(12).collect();
    shown(&time, message, payload, paint)
}

fn shown(when: &str, message: &Value, payload: Payloads, paint: Paint) -> String {
    let payload = payload.shown(message, paint);
    let topic = message["topic"].as_str().unwrap_or_default();
    let topic = paint.accent(&harmless(topic));
    format!("{}  {topic}  {payload}", paint.dim(&format!("{when:<12}")))
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
            line(&message, Payloads::Auto, Paint::plain()),
            "16:14:10.123  a/b  {\"n\":\\n 1}"
        );
    }

    #[test]
    fn bytes_that_are_no_text() {
        let message = json!({"time": "2026-11-12T16:14:10Z", "topic": "a", "text": null,
            "payload": null, "base64": "/w=="});
        assert_eq!(
            line(&message, Payloads::Auto, Paint::plain()),
            "16:14:10      a  0xff"
        );
    }
}
