// SPDX-License-Identifier: Apache-2.0
//! `top`: how the broker stands, again and again: clients, rates, what lags, who reads slowly.

mod figures;
mod screen;

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use clap::Args;
use http::Method;
use hw_kernel::Clock;
use hw_kernel::port::clock::SystemClock;
use serde_json::Value;

use super::paint::Paint;
use super::server::ServerArgs;
use super::{Failure, block_on, ended, print, print_line};
use crate::client::Client;
use figures::Figures;

/// Between the two looks of which `--once` makes rates.
const ONCE_SPAN: Duration = Duration::from_secs(1);

/// Clears the screen from the cursor's home.
const HOME: &str = "\u{1b}[H";
const CLEAR_BELOW: &str = "\u{1b}[J";
const CLEAR_LINE: &str = "\u{1b}[K";
/// The terminal's other screen, without a cursor; and back.
const ENTER: &str = "\u{1b}[?1049h\u{1b}[?25l";
const LEAVE: &str = "\u{1b}[?25h\u{1b}[?1049l";

/// Watch the broker: clients, rates, what lags, the slowest readers
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater top --data ./data
  headwater top --once --data ./data
  headwater top --json --data ./data | jq .rates

Rates are of the time between two looks (with --once and --json: one second). Ctrl-C ends it.
Figures of the broker as a whole are shown to the first account; others see their clients.")]
pub struct Top {
    /// Between two looks, as 2s or 500ms
    #[arg(long, value_name = "SPAN", default_value = "2s", value_parser = every)]
    every: Duration,
    /// Clients in the list of the slowest readers
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    clients: u32,
    /// Print one look and end (also where stdout is no terminal)
    #[arg(long)]
    once: bool,
    /// Print one look as JSON for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

fn every(text: &str) -> Result<Duration, String> {
    match super::span::parse(text)? {
        span if span < Duration::from_millis(200) => Err("at least 200ms".to_owned()),
        span => Ok(span),
    }
}

/// What the server said at one moment.
struct Look {
    at: Instant,
    status: Value,
    clients: Value,
}

impl Top {
    pub(super) fn run(&self) -> Result<(), Failure> {
        block_on(async {
            let client = self.server.client()?;
            if self.json || self.once || !std::io::stdout().is_terminal() {
                return self.one(&client).await;
            }
            print(ENTER)?;
            let watched = tokio::select! {
                watched = self.watch(&client) => watched,
                ended = ended() => ended,
            };
            print(LEAVE)?;
            watched
        })
    }

    async fn one(&self, client: &Client) -> Result<(), Failure> {
        let first = self.look(client).await?;
        tokio::time::sleep(ONCE_SPAN).await;
        let second = self.look(client).await?;
        let figures = figures(&first, &second);
        match self.json {
            true => print_line(&format!(
                "{:#}",
                figures.json(&second.status, &second.clients)
            ))?,
            false => {
                let text = self.screen(&figures, &second, Paint::for_stdout());
                print(&text)?;
            }
        }
        Ok(())
    }

    async fn watch(&self, client: &Client) -> Result<(), Failure> {
        let mut before = self.look(client).await?;
        let mut wait = ONCE_SPAN.min(self.every);
        loop {
            tokio::time::sleep(wait).await;
            wait = self.every;
            let now = self.look(client).await?;
            let text = self.screen(&figures(&before, &now), &now, Paint::for_stdout());
            // Overwritten line by line: nothing flickers.
            let text = text.replace('\n', &format!("{CLEAR_LINE}\n"));
            print(&format!("{HOME}{text}{CLEAR_BELOW}"))?;
            before = now;
        }
    }

    async fn look(&self, client: &Client) -> Result<Look, Failure> {
        let path = format!("/api/v1/clients?sort=behind&limit={}", self.clients);
        let status = client.whole_status().await?;
        let clients = client.ask(Method::GET, &path, None).await?;
        Ok(Look {
            at: Instant::now(),
            status,
            clients,
        })
    }

    fn screen(&self, figures: &Figures, look: &Look, paint: Paint) -> String {
        let now = SystemClock::default().now();
        screen::render(figures, &look.status, &look.clients, now, paint)
    }
}

fn figures(before: &Look, now: &Look) -> Figures {
    let seconds = now.at.duration_since(before.at).as_secs_f64();
    Figures::between(&before.status["broker"], &now.status["broker"], seconds)
}
