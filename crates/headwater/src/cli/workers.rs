// SPDX-License-Identifier: Apache-2.0
//! `workers`: what the server does in the background, and how that stands.

use clap::Args;
use serde_json::{Value, json};

use super::paint::Paint;
use super::server::ServerArgs;
use super::table::{Align, Table};
use super::{Failure, block_on, print, print_line};

/// What the server does in the background: state, what is still to do, last error
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  headwater workers --data ./data

States: starting, idle, busy, failing (it tries again), failed (restart the server), ended.")]
pub struct Workers {
    /// Print {\"workers\":[{\"name\":…,\"state\":…,\"lag\":…,\"last_error\":…}]} for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

impl Workers {
    pub(super) fn run(&self) -> Result<(), Failure> {
        block_on(async {
            let workers = self.server.client()?.workers().await?;
            match self.json {
                true => print_line(&json!({ "workers": workers }).to_string())?,
                false => print(&shown(&workers))?,
            }
            Ok(())
        })
    }
}

fn shown(workers: &[Value]) -> String {
    let columns = ["worker", "state", "to do", "last error"];
    let mut table = Table::new(columns.map(|title| (title, Align::Left)));
    for worker in workers {
        let cell = |field: &str| worker[field].as_str().unwrap_or_default().to_owned();
        table.push(["name", "state", "lag", "last_error"].map(cell));
    }
    table.render(Paint::for_stdout())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_each() {
        let text = shown(&[
            json!({"name": "lake.ingest", "state": "idle", "lag": "3 rows", "last_error": null}),
            json!({"name": "lake.sweep", "state": "failing", "lag": "", "last_error": "full"}),
        ]);
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines[2].starts_with("lake.ingest") && lines[2].contains("3 rows"),
            "{text}"
        );
        assert!(
            lines[3].contains("failing") && lines[3].ends_with("full"),
            "{text}"
        );
    }
}
