// SPDX-License-Identifier: Apache-2.0
//! `sql`: one statement, a table or JSON.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::paint::Paint;
use super::server::ServerArgs;
use super::{Failure, block_on, rows};

/// Longest statement read from stdin, in bytes.
const STATEMENT_BYTES_MAX: u64 = 1 << 20;

/// Ask the tables messages, telemetry and events in SQL
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater sql 'select * from telemetry order by time desc limit 10' --data ./data
  headwater sql 'select count(*) from messages where topic = $1' --param a/b --data ./data
  headwater sql - --json --data ./data < report.sql
  headwater sql 'select * from telemetry' --format parquet -o telemetry.parquet --data ./data

psql works too: `headwater keys create --format env` prints what it needs.")]
pub struct Sql {
    /// The statement, or - to read it from stdin
    statement: String,
    /// Value of $1, then $2 …: JSON (5, 1.5, true, null, \"5\") or else text
    #[arg(long = "param", short = 'p', value_name = "VALUE")]
    params: Vec<String>,
    /// Print an array of objects for programs
    #[arg(long)]
    json: bool,
    /// Write a file of this format
    #[arg(long, value_enum, requires = "output", conflicts_with = "json")]
    format: Option<FileFormat>,
    /// The file to write; it must not be there yet
    #[arg(long, short = 'o', value_name = "FILE", requires = "format")]
    output: Option<PathBuf>,
    #[command(flatten)]
    server: ServerArgs,
}

/// A format of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FileFormat {
    /// Comma-separated values (RFC 4180).
    Csv,
    /// For DuckDB, pandas and others: columns keep their types.
    Parquet,
}

impl Sql {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let statement = self.statement()?;
        let params: Vec<Value> = self.params.iter().map(|text| param(text)).collect();
        if let (Some(format), Some(output)) = (self.format, &self.output) {
            return self.write(&statement, &params, format, output);
        }
        let found = block_on(async {
            let client = self.server.client()?;
            Ok(client.sql(&statement, &params).await?)
        })?;
        let text = if self.json {
            rows::as_json(&found)
        } else {
            rows::as_table(&found, Paint::for_stdout())
        };
        Ok(super::print(&text)?)
    }

    /// The file is whole, or not there.
    fn write(
        &self,
        statement: &str,
        params: &[Value],
        format: FileFormat,
        output: &Path,
    ) -> Result<(), Failure> {
        let format = match format {
            FileFormat::Csv => "csv",
            FileFormat::Parquet => "parquet",
        };
        let wrong = |error: std::io::Error| {
            Failure::failed(format!("{} can't be written: {error}", output.display()))
        };
        // Before the statement runs, since that may take a while.
        let mut file = File::create_new(output).map_err(wrong)?;
        let written = block_on(async {
            let client = self.server.client()?;
            Ok(client.sql_file(statement, params, format).await?)
        })
        .and_then(|content| file.write_all(&content).map_err(wrong));
        if written.is_err() {
            // Nobody takes what is left for the answer.
            let _ = std::fs::remove_file(output);
        }
        written
    }

    fn statement(&self) -> Result<String, Failure> {
        if self.statement != "-" {
            return Ok(self.statement.clone());
        }
        let mut text = String::new();
        let mut input = std::io::stdin().lock().take(STATEMENT_BYTES_MAX + 1);
        let read = input.read_to_string(&mut text);
        read.map_err(|error| Failure::failed(format!("stdin can't be read: {error}")))?;
        if text.len() as u64 > STATEMENT_BYTES_MAX {
            return Err(Failure::failed(format!(
                "the statement on stdin has more than {STATEMENT_BYTES_MAX} bytes"
            )));
        }
        Ok(text)
    }
}

/// JSON scalars are what they say; anything else is text, so that topics need no quotes.
fn param(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(Value::Array(_) | Value::Object(_)) | Err(_) => Value::String(text.to_owned()),
        Ok(scalar) => scalar,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn params_are_json_scalars_or_text() {
        let cases = [
            ("5", json!(5)),
            ("1.5", json!(1.5)),
            ("true", json!(true)),
            ("null", Value::Null),
            ("\"5\"", json!("5")),
            ("a/b", json!("a/b")),
            ("{\"a\":1}", json!("{\"a\":1}")),
            ("", json!("")),
        ];
        for (text, value) in cases {
            assert_eq!(param(text), value, "{text}");
        }
    }
}
