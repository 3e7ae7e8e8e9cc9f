// SPDX-License-Identifier: Apache-2.0
//! `topics`: what is published where, counted while it passes.

use clap::Args;
use http::Method;
use serde_json::Value;

use super::amounts::{bytes, count};
use super::objects::segment;
use super::paint::Paint;
use super::server::ServerArgs;
use super::table::{Align, Table};
use super::{Failure, block_on, note, print, print_line};

/// Listen for some seconds and say what is published where
///
/// It counts live messages, whether they are kept or not, and costs publishers nothing while nobody
/// asks.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater topics --data ./data
  headwater topics 'plant/#' --seconds 30 --data ./data
  headwater topics --json --data ./data | jq -r '.topics[].topic'

Of kept messages SQL tells any span:
  headwater sql \"select topic, count(*) from messages
                 where time > now() - interval '1 hour' group by topic order by 2 desc\"")]
pub struct Topics {
    /// Topic filter, with the wildcards + and #
    #[arg(value_name = "FILTER", default_value = "#")]
    filter: String,
    /// How long to listen
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=60))]
    seconds: u32,
    /// At most so many topics, the busiest first
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

impl Topics {
    pub(super) fn run(&self) -> Result<(), Failure> {
        block_on(async {
            let (filter, seconds) = (segment(&self.filter), self.seconds);
            let path = format!(
                "/api/v1/topics?filter={filter}&seconds={seconds}&limit={}",
                self.limit
            );
            let client = self.server.client()?;
            if !self.json {
                note(&format!("Listening to {} for {seconds} s", self.filter));
            }
            let found = client.ask(Method::GET, &path, None).await?;
            if self.json {
                return Ok(print_line(&format!("{found:#}"))?);
            }
            print(&table(&found, Paint::for_stdout()))?;
            note(&sum(&found));
            Ok(())
        })
    }
}

fn table(found: &Value, paint: Paint) -> String {
    use Align::{Left, Right};
    let mut table = Table::new([
        ("topic", Left),
        ("msg/s", Right),
        ("B/s", Right),
        ("messages", Right),
        ("QoS", Right),
        ("payload", Left),
        ("publishers", Right),
        ("last from", Left),
    ]);
    let seconds = found["seconds"].as_f64().unwrap_or(1.0);
    for topic in found["topics"].as_array().into_iter().flatten() {
        let text = |field: &str| topic[field].as_str().unwrap_or_default().to_owned();
        let number = |field: &str| topic[field].as_u64().unwrap_or(0);
        let retained = if topic["retain"] == true {
            " retained"
        } else {
            ""
        };
        table.push([
            text("topic"),
            count(number("messages") as f64 / seconds),
            bytes(number("bytes") as f64 / seconds),
            number("messages").to_string(),
            number("qos").to_string(),
            text("payload") + retained,
            match number("publishers") {
                100.. => "100+".to_owned(),
                some => some.to_string(),
            },
            text("client_id"),
        ]);
    }
    table.render(paint)
}

fn sum(found: &Value) -> String {
    let number = |field: &str| found[field].as_u64().unwrap_or(0);
    let seconds = found["seconds"].as_f64().unwrap_or(1.0);
    let rate = count(number("messages") as f64 / seconds);
    let mut text = format!(
        "{} messages on {} topics in {seconds:.0} s ({rate}/s)",
        number("messages"),
        number("topics_seen"),
    );
    if number("elsewhere") > 0 {
        text += &format!("; {} on topics beyond these", number("elsewhere"));
    }
    if number("missed") > 0 {
        text += &format!("; {} more passed too fast to be counted", number("missed"));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rates_are_by_the_second() {
        let found = json!({"seconds": 5, "messages": 12, "missed": 3, "topics_seen": 1,
            "elsewhere": 0, "topics": [{"topic": "a/b", "messages": 12, "bytes": 6000, "qos": 1,
            "payload": "json", "publishers": 2, "client_id": "m1", "retain": true}]});
        let text = table(&found, Paint::plain());
        let line = text.lines().last().unwrap_or_default();
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(
            words,
            [
                "a/b", "2.4", "1.2", "kB", "12", "1", "json", "retained", "2", "m1"
            ]
        );
        let text = sum(&found);
        assert!(
            text.ends_with("3 more passed too fast to be counted"),
            "{text}"
        );
    }
}
