// SPDX-License-Identifier: Apache-2.0
//! Writing to stdout and stderr. `println!` would panic when the reader has gone away.

use std::io::{self, Write};

/// Writes text to stdout at once.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Writes a line to stdout at once.
pub fn print_line(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Writes a line for people to stderr: progress, hints, causes. Nobody reading is fine.
pub fn note(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
