// SPDX-License-Identifier: Apache-2.0
//! `doctor`: what is wrong around a server, and how to mend it.

use clap::Args;
use hw_kernel::Clock;
use hw_kernel::port::clock::SystemClock;
use serde_json::json;

use super::exit::Exit;
use super::paint::Paint;
use super::{Failure, block_on};
use crate::config::{Config, ServeArgs};
use crate::doctor::{self, Finding, Ground, Level};

/// Look for what is wrong around a server, and say how to mend it
///
/// Ports, clock, disk, certificates, rights of files, secrets, limits, and the running server if
/// there is one. It takes the settings of `serve`, and changes nothing. Exit code 1 if something
/// must be mended.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater doctor --data ./data
  headwater doctor --data ./data --json | jq '.findings[] | select(.level != \"ok\")'")]
pub struct Doctor {
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: ServeArgs,
}

impl Doctor {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let config = Config::load(&self.settings)?;
        let found = block_on(async {
            let ground = Ground::new(config, SystemClock::default().now()).await;
            Ok(doctor::look(&ground).await)
        })?;
        let worst = found.iter().map(|one| one.level).max().unwrap_or(Level::Ok);
        let text = if self.json {
            format!("{:#}\n", json!({ "level": worst, "findings": found }))
        } else {
            shown(&found, Paint::for_stdout())
        };
        super::print(&text)?;
        match worst {
            Level::Fail => Err(Failure::said(Exit::Failed)),
            _ => Ok(()),
        }
    }
}

fn shown(found: &[Finding], paint: Paint) -> String {
    let width = found.iter().map(|one| one.check.len()).max().unwrap_or(0);
    let mut text = String::new();
    for one in found {
        let mark = match one.level {
            Level::Ok => paint.good("ok  "),
            Level::Warn => paint.warn("warn"),
            Level::Fail => paint.warn("FAIL"),
        };
        text += &format!("{mark}  {:<width$}  {}\n", one.check, one.text);
        if let Some(cure) = &one.cure {
            let indent = " ".repeat(width + 8);
            text += &format!("{indent}{}\n", paint.accent(&format!("→ {cure}")));
        }
    }
    let count = |level| found.iter().filter(|one| one.level == level).count();
    let (fail, warn) = (count(Level::Fail), count(Level::Warn));
    text += &match (fail, warn) {
        (0, 0) => format!("\nAll {} checks are fine.\n", found.len()),
        _ => format!(
            "\n{fail} to mend, {warn} to look at, {} fine.\n",
            count(Level::Ok)
        ),
    };
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_read_as_a_list() {
        let found = [
            Finding::ok("ports", "mqtts can have 0.0.0.0:8883"),
            Finding::fail("disk", "0.1 GiB free", "free space"),
        ];
        let expected = "\
ok    ports  mqtts can have 0.0.0.0:8883
FAIL  disk   0.1 GiB free
             → free space

1 to mend, 0 to look at, 1 fine.
";
        assert_eq!(shown(&found, Paint::plain()), expected);
    }
}
