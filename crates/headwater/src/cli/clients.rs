// SPDX-License-Identifier: Apache-2.0
//! `clients`: who is connected and whose session waits: list, show, send away.

mod shown;

use clap::{Args, Subcommand, ValueEnum};
use http::Method;
use hw_kernel::Clock;
use hw_kernel::port::clock::SystemClock;
use serde_json::{Value, json};

use super::objects::segment;
use super::paint::Paint;
use super::server::ServerArgs;
use super::{Failure, block_on, note, print, print_line};
use crate::client::Client;

/// Clients that one request lists.
const PAGE: usize = 1_000;

/// MQTT clients: those that are connected, and those that are away with a session
#[derive(Debug, Subcommand)]
pub enum Clients {
    /// List clients
    #[command(after_help = "\
Examples:
  headwater clients ls --data ./data
  headwater clients ls meter- --state away --data ./data
  headwater clients ls --sort behind --limit 10 --data ./data
  headwater clients ls --json --data ./data | jq -r '.[].client_id'

owed: messages of QoS 1 and 2 that the session waits for. in flight: sent, not acknowledged.
unread: bytes written for the client that it has not read.")]
    Ls(List),
    /// Show a client: connection, session, subscriptions, will
    #[command(after_help = "\
Example:
  headwater clients show meter-1 --data ./data

`headwater explain --client meter-1` says what was refused, and what to do about it.")]
    Show(Show),
    /// Cut a client's connection, and end its session if that is wanted
    #[command(after_help = "\
Examples:
  headwater clients kick meter-1 --data ./data
  headwater clients kick meter-1 --end-session --data ./data

MQTT 5 is told 0x98 (Administrative action); the will is published; the event says who asked.
A client may come back at once: to keep it out, set its certificate INACTIVE.")]
    Kick(Kick),
}

/// Which clients.
#[derive(Debug, Args)]
pub struct List {
    /// What the client id begins with
    #[arg(value_name = "PREFIX", default_value = "")]
    prefix: String,
    /// A word in the client id or the thing's name, in any case
    #[arg(long, value_name = "WORD")]
    search: Option<String>,
    /// Only those in this state
    #[arg(long, value_enum)]
    state: Option<State>,
    /// By client id, or those first that are farthest behind
    #[arg(long, value_enum, default_value_t = Sort::ClientId)]
    sort: Sort,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Print an array of objects for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum State {
    Connected,
    Away,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Sort {
    ClientId,
    Behind,
}

/// Which client.
#[derive(Debug, Args)]
pub struct Show {
    /// Client id
    #[arg(value_name = "CLIENT-ID")]
    client_id: String,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

/// Whom to send away.
#[derive(Debug, Args)]
pub struct Kick {
    /// Client id
    #[arg(value_name = "CLIENT-ID")]
    client_id: String,
    /// End its session too: its subscriptions and all that it is owed are gone for good
    #[arg(long)]
    end_session: bool,
    #[command(flatten)]
    server: ServerArgs,
}

impl Clients {
    pub(super) fn run(&self) -> Result<(), Failure> {
        block_on(async {
            match self {
                Self::Ls(list) => list.run().await,
                Self::Show(show) => show.run().await,
                Self::Kick(kick) => kick.run().await,
            }
        })
    }
}

impl List {
    async fn run(&self) -> Result<(), Failure> {
        let client = self.server.client()?;
        let found = self.pages(&client).await?;
        let clients = &found["clients"];
        if self.json {
            return Ok(print_line(&format!("{clients:#}"))?);
        }
        let paint = Paint::for_stdout();
        print(&shown::table(
            clients.as_array().into_iter().flatten(),
            SystemClock::default().now(),
            paint,
        ))?;
        let (connected, away) = (&found["connected"], &found["away"]);
        let listed = clients.as_array().map_or(0, Vec::len) as u64;
        let all = connected.as_u64().unwrap_or(0) + away.as_u64().unwrap_or(0);
        let rest = match all.saturating_sub(listed) {
            0 => String::new(),
            rest => format!("; {rest} not shown (--limit)"),
        };
        note(&format!("{connected} connected, {away} away{rest}"));
        Ok(())
    }

    /// Up to as many clients as are asked for, and how many there are.
    async fn pages(&self, client: &Client) -> Result<Value, Failure> {
        let mut all = Vec::new();
        let (mut after, limit) = (None, self.limit as usize);
        loop {
            let left = (limit - all.len()).min(PAGE);
            let path = self.path(left, after.as_deref());
            let mut page = client.ask(Method::GET, &path, None).await?;
            all.extend(
                page["clients"]
                    .as_array_mut()
                    .map(std::mem::take)
                    .into_iter()
                    .flatten(),
            );
            after = page["next"].as_str().map(str::to_owned);
            if after.is_none() || all.len() >= limit {
                return Ok(
                    json!({"clients": all, "connected": page["connected"], "away": page["away"]}),
                );
            }
        }
    }

    fn path(&self, limit: usize, after: Option<&str>) -> String {
        let mut path = format!("/api/v1/clients?limit={limit}");
        let mut add = |name: &str, value: &str| path += &format!("&{name}={}", segment(value));
        add("prefix", &self.prefix);
        if let Some(word) = &self.search {
            add("search", word);
        }
        match self.state {
            Some(State::Connected) => add("state", "connected"),
            Some(State::Away) => add("state", "away"),
            None => {}
        }
        if self.sort == Sort::Behind {
            add("sort", "behind");
        }
        if let Some(after) = after {
            add("after", after);
        }
        path
    }
}

impl Show {
    async fn run(&self) -> Result<(), Failure> {
        let path = format!("/api/v1/clients/{}", segment(&self.client_id));
        let found = self.server.client()?.ask(Method::GET, &path, None).await?;
        if self.json {
            return Ok(print_line(&format!("{found:#}"))?);
        }
        let now = SystemClock::default().now();
        Ok(print(&shown::whole(&found, now, Paint::for_stdout()))?)
    }
}

impl Kick {
    async fn run(&self) -> Result<(), Failure> {
        let session = if self.end_session { "end" } else { "keep" };
        let id = segment(&self.client_id);
        let path = format!("/api/v1/clients/{id}?session={session}");
        let client = self.server.client()?;
        let done = client.ask(Method::DELETE, &path, None).await?;
        let (cut, ended) = (done["connection"] == true, done["session"] == true);
        let what = match (cut, ended) {
            (true, true) => "is disconnected, and its session has ended",
            (true, false) => "is disconnected",
            (false, _) => "was away; its session has ended",
        };
        Ok(print_line(&format!("{} {what}.", self.client_id))?)
    }
}

pub(super) use shown::table as table_of;
