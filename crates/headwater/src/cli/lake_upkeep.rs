// SPDX-License-Identifier: Apache-2.0
//! `lake compact`, `expire`, `sweep` and `retain`: a round of upkeep now, and what it did.

use clap::Args;
use serde_json::Value;

use super::paint::Paint;
use super::server::ServerArgs;
use super::table::{Align, Table};
use super::{Failure, block_on, print, print_line};

/// What every round takes.
#[derive(Debug, Args)]
pub struct Round {
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

/// Drop days that are older than the settings keep them
///
/// The server does this by itself; the settings are in section [retention]. Whole days go, in one
/// commit that rewrites nothing; their room is free an hour later.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater lake retain --data ./data
  headwater lake retain --data ./data --confirm-clock")]
pub struct Retain {
    /// The machine's clock is right, even if it has jumped by more than an hour or the server was
    /// off for longer: rows may be dropped by it
    #[arg(long)]
    confirm_clock: bool,
    #[command(flatten)]
    round: Round,
}

impl Retain {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let path = match self.confirm_clock {
            true => "retain?confirm_clock=true",
            false => "retain",
        };
        self.round.run(path, "Dropped")
    }
}

impl Round {
    /// Asks for a round; `done` is what it did, in a word.
    pub(super) fn run(&self, path: &str, done: &str) -> Result<(), Failure> {
        block_on(async {
            let report = self.server.client()?.upkeep(path).await?;
            match self.json {
                true => print_line(&report.to_string())?,
                false => print(&words(&report, done))?,
            }
            let mut tables = report["tables"].as_array().into_iter().flatten();
            match tables.find_map(|table| table["error"].as_str()) {
                Some(error) => Err(Failure::failed(error.to_owned())),
                None => Ok(()),
            }
        })
    }
}

/// A report for people: a line for each table to which something was done.
fn words(report: &Value, done: &str) -> String {
    let tables = report["tables"].as_array().map_or(&[][..], Vec::as_slice);
    let mut text = match tables {
        [] => format!(
            "{done} nothing: {} tables are as they should be.\n",
            report["looked_at"]
        ),
        _ => format!("{done}:\n{}", figures(tables)),
    };
    if let Some(waits) = report["waits"].as_str() {
        text.push_str(&format!("Note: {waits}.\n"));
    }
    text
}

fn figures(tables: &[Value]) -> String {
    let names: Vec<&String> = tables
        .iter()
        .filter_map(|table| table["done"].as_object())
        .next()
        .map(|done| done.keys().collect())
        .unwrap_or_default();
    let mut columns = vec![
        ("account".to_owned(), Align::Left),
        ("table".to_owned(), Align::Left),
    ];
    columns.extend(
        names
            .iter()
            .map(|name| (name.replace('_', " "), Align::Right)),
    );
    let mut shown = Table::new(columns);
    for table in tables {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut cells = vec![text(&table["account"]), text(&table["table"])];
        match table["error"].as_str() {
            Some(_) => cells.push("failed".to_owned()),
            None => cells.extend(names.iter().map(|name| table["done"][*name].to_string())),
        }
        shown.push(cells);
    }
    shown.render(Paint::for_stdout())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn says_what_was_done_to_whom() {
        let none = json!({"looked_at": 3, "tables": [], "waits": null});
        assert_eq!(
            words(&none, "Merged"),
            "Merged nothing: 3 tables are as they should be.\n"
        );
        let report = json!({"looked_at": 3, "waits": "the clock has jumped", "tables": [
            {"account": "000000000001", "table": "events", "done": {"files_before": 50}, "error": null},
        ]});
        let text = words(&report, "Merged");
        for part in [
            "Merged:",
            "000000000001",
            "files before",
            "50",
            "Note: the clock has jumped.",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }
}
