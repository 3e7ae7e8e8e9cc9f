// SPDX-License-Identifier: Apache-2.0
//! `retained`: retained messages: list, clear.

use clap::{Args, Subcommand};
use http::Method;
use serde_json::Value;

use super::amounts::bytes;
use super::objects::segment;
use super::paint::Paint;
use super::payloads::Payloads;
use super::server::ServerArgs;
use super::table::{Align, Table};
use super::{Failure, block_on, note, print, print_line};
use crate::client::Client;

/// Messages that one request lists.
const PAGE: u32 = 1_000;

/// Characters of a payload in a list; `--json` has all of it.
const PAYLOAD_CHARS_MAX: usize = 60;

/// Retained messages
#[derive(Debug, Subcommand)]
pub enum Retained {
    /// List retained messages
    #[command(after_help = "\
Examples:
  headwater retained ls --data ./data
  headwater retained ls 'plant/+/state' --json --data ./data | jq -r .topic")]
    Ls(List),
    /// Clear retained messages: an empty one is published in their place
    #[command(after_help = "\
Examples:
  headwater retained rm plant/1/state --data ./data
  headwater retained rm 'plant/#' --data ./data

Whoever listens to the topic gets the empty message, as MQTT has it.")]
    Rm(Remove),
}

/// Which messages.
#[derive(Debug, Args)]
pub struct List {
    /// Topic filter, with the wildcards + and #
    #[arg(value_name = "FILTER", default_value = "#")]
    filter: String,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Print a JSON object per line for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

/// What to clear.
#[derive(Debug, Args)]
pub struct Remove {
    /// A topic, or a topic filter with the wildcards + and #
    #[arg(value_name = "FILTER")]
    filter: String,
    #[command(flatten)]
    server: ServerArgs,
}

impl Retained {
    pub(super) fn run(&self) -> Result<(), Failure> {
        block_on(async {
            match self {
                Self::Ls(list) => list.run().await,
                Self::Rm(remove) => remove.run().await,
            }
        })
    }
}

/// Retained messages that a filter matches, up to `limit`, and how many there are.
pub(super) async fn fetch(
    client: &Client,
    filter: &str,
    limit: u32,
) -> Result<(Vec<Value>, u64), Failure> {
    let (mut all, mut after): (Vec<Value>, Option<String>) = (Vec::new(), None);
    loop {
        let left = (limit - all.len() as u32).min(PAGE);
        let mut path = format!("/api/v1/retained?filter={}&limit={left}", segment(filter));
        if let Some(after) = &after {
            path += &format!("&after={}", segment(after));
        }
        let mut page = client.ask(Method::GET, &path, None).await?;
        let retained = page["retained"].as_array_mut().map(std::mem::take);
        all.extend(retained.into_iter().flatten());
        after = page["next"].as_str().map(str::to_owned);
        if after.is_none() || all.len() as u32 >= limit {
            return Ok((all, page["total"].as_u64().unwrap_or(0)));
        }
    }
}

impl List {
    async fn run(&self) -> Result<(), Failure> {
        let client = self.server.client()?;
        let (found, total) = fetch(&client, &self.filter, self.limit).await?;
        if self.json {
            for message in &found {
                print_line(&message.to_string())?;
            }
            return Ok(());
        }
        print(&table(&found, Paint::for_stdout()))?;
        let rest = match total.saturating_sub(found.len() as u64) {
            0 => String::new(),
            rest => format!("; {rest} not shown (--limit)"),
        };
        note(&format!("{total} retained messages{rest}"));
        Ok(())
    }
}

impl Remove {
    async fn run(&self) -> Result<(), Failure> {
        let client = self.server.client()?;
        let path = format!("/api/v1/retained?filter={}", segment(&self.filter));
        let mut cleared = 0;
        loop {
            let done = client.ask(Method::DELETE, &path, None).await?;
            cleared += done["cleared"].as_u64().unwrap_or(0);
            if done["left"].as_u64().unwrap_or(0) == 0 {
                let messages = if cleared == 1 { "message" } else { "messages" };
                let line = format!("Cleared {cleared} retained {messages}.");
                return Ok(print_line(&line)?);
            }
        }
    }
}

fn table(found: &[Value], paint: Paint) -> String {
    let (left, right) = (Align::Left, Align::Right);
    let mut table = Table::new([
        ("topic", left),
        ("since", left),
        ("QoS", right),
        ("size", right),
        ("payload", left),
    ]);
    for message in found {
        let text = |field: &str| message[field].as_str().unwrap_or_default().to_owned();
        let payload = Payloads::Auto.shown(message, Paint::none());
        let cut = payload.chars().count() > PAYLOAD_CHARS_MAX;
        let mut payload: String = payload.chars().take(PAYLOAD_CHARS_MAX).collect();
        if cut {
            payload.push('…');
        }
        table.push([
            text("topic"),
            text("time").chars().take(19).collect::<String>() + "Z",
            message["qos"].to_string(),
            bytes(message["bytes"].as_f64().unwrap_or(0.0)),
            payload,
        ]);
    }
    table.render(paint)
}
