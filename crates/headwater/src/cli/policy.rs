// SPDX-License-Identifier: Apache-2.0
//! `policy test`: questions as JSON lines in, decisions with their reasons out, in the same order.

mod question;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use super::exit::Exit;
use super::{Failure, note};

/// Longest line of a file of questions, in bytes.
const LINE_BYTES_MAX: u64 = 4 << 20;

/// AWS IoT policies
#[derive(Debug, Subcommand)]
pub enum Policy {
    Test(Test),
}

/// Decide requests as the server would, and say why; no server is needed
///
/// Each line of the file is a JSON object:
/// {"policies":[DOCUMENT…],"action":"iot:Publish","resource":ARN,"context":{"clientId":…,
/// "thing":{"thingName","attached","thingTypeName","attributes"},
/// "certificate":{"certificateId","SerialNumber","Subject.CommonName":[…]},
/// "sourceIp","connectAttributes":[…],"lastWillTopic":ARN,"protocol":"MQTT" or "HTTP"}}.
/// Without clientId there is no MQTT client. The answer to each is a line
/// {"decision":"ALLOWED" or "EXPLICIT_DENY" or "IMPLICIT_DENY","why":…}; a line that cannot be
/// used gives {"error":…}, and exit code 1 at the end.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater policy test --file questions.jsonl
  jq -c . question.json | headwater policy test --file -")]
pub struct Test {
    /// File with a question a line, or - for stdin
    #[arg(long, short = 'f', value_name = "FILE")]
    file: PathBuf,
}

impl Policy {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let Self::Test(test) = self;
        let input: Box<dyn Read> = if test.file == Path::new("-") {
            Box::new(io::stdin().lock())
        } else {
            Box::new(open(&test.file)?)
        };
        let mut out = io::BufWriter::new(io::stdout().lock());
        let bad = answer(BufReader::new(input), &mut out)?;
        out.flush()?;
        if bad {
            Err(Failure::said(Exit::Failed))
        } else {
            Ok(())
        }
    }
}

fn open(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|error| {
        let message = format!("{} can't be read: {error}", path.display());
        match error.kind() {
            io::ErrorKind::NotFound => Failure::not_found(message),
            _ => Failure::failed(message),
        }
    })
}

/// Answers each line that is not blank. True: some could not be used.
fn answer(mut input: impl BufRead, out: &mut impl Write) -> Result<bool, Failure> {
    let mut bad = false;
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let read = input
            .by_ref()
            .take(LINE_BYTES_MAX)
            .read_until(b'\n', &mut line);
        match read {
            Ok(0) => break,
            Ok(_) if line.len() as u64 == LINE_BYTES_MAX && !line.ends_with(b"\n") => {
                let message = format!("line {number} has more than {LINE_BYTES_MAX} bytes");
                return Err(Failure::failed(message));
            }
            Ok(_) if line.trim_ascii().is_empty() => continue,
            Ok(_) => {}
            Err(error) => {
                return Err(Failure::failed(format!(
                    "line {number} can't be read: {error}"
                )));
            }
        }
        let answer = question::answer(&line).unwrap_or_else(|why| {
            bad = true;
            let why = format!("line {number}: {why}");
            note(&format!("error: {why}"));
            json!({"error": why})
        });
        writeln!(out, "{answer}")?;
    }
    Ok(bad)
}

#[cfg(test)]
mod tests;
