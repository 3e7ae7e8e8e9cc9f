// SPDX-License-Identifier: Apache-2.0
//! Chores of the repository: `tidy` checks the rules a machine can check, `generate` writes the
//! files that are made from the built binary.

mod finding;
mod generated;
mod tidy;
mod tree;

use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo run -p xtask -- <chore>

  tidy [--strict]   check floors, file sizes, doc heads, licence headers, banned words and that
                    generated files are fresh; --strict also fails when the binary is not built
  generate          write the generated files anew (build the binary first)
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["tidy"] => run_tidy(false),
        ["tidy", "--strict"] => run_tidy(true),
        ["generate"] => generated::write_all(&repository()),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// The folder of the workspace, found from where cargo built this program.
fn repository() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(PathBuf::from).unwrap_or(here)
}

fn run_tidy(strict: bool) -> Result<(), String> {
    let tree = tree::Tree::read(&repository())?;
    let report = tidy::run(&tree, strict);
    for notice in &report.notices {
        eprintln!("tidy: note: {notice}");
    }
    for finding in &report.findings {
        println!("{finding}");
    }
    if report.findings.is_empty() {
        println!(
            "tidy: {} files, {} checks, nothing to mend",
            tree.files.len(),
            report.checks
        );
        Ok(())
    } else {
        Err(format!("tidy: {} to mend", report.findings.len()))
    }
}
