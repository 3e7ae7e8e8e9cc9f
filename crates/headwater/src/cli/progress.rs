// SPDX-License-Identifier: Apache-2.0
//! How far a long copy has come, on a terminal; nothing elsewhere.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Least time between two lines.
const PAUSE: Duration = Duration::from_millis(200);

/// One line that is written again and again.
pub struct Progress {
    what: &'static str,
    total: Option<u64>,
    began: Instant,
    shown: Option<Instant>,
    visible: bool,
}

impl Progress {
    /// Begins, of so many bytes if that is known.
    pub fn start(what: &'static str, total: Option<u64>) -> Self {
        Self {
            what,
            total,
            began: Instant::now(),
            shown: None,
            visible: std::io::stderr().is_terminal(),
        }
    }

    /// So many bytes are done.
    pub fn to(&mut self, done: u64) {
        let is_early = self.shown.is_some_and(|shown| shown.elapsed() < PAUSE);
        if !self.visible || is_early {
            return;
        }
        self.shown = Some(Instant::now());
        let rate = done as f64 / self.began.elapsed().as_secs_f64().max(0.001);
        let of = match self.total.filter(|total| *total > 0) {
            Some(total) => format!(" of {} ({} %)", size(total), (done * 100 / total).min(100)),
            None => String::new(),
        };
        let line = format!("{}: {}{of}, {}/s", self.what, size(done), size(rate as u64));
        let _ = write!(std::io::stderr().lock(), "\r{line}\u{1b}[K");
    }

    /// Takes the line away.
    pub fn end(&mut self) {
        if self.shown.take().is_some() {
            let _ = write!(std::io::stderr().lock(), "\r\u{1b}[K");
        }
    }
}

/// Bytes for people, in powers of ten.
pub fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if value < 999.95 {
            let digits = usize::from(unit != "B");
            return format!("{value:.digits$} {unit}");
        }
        value /= 1_000.0;
    }
    format!("{value:.1} TB")
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_234, "1.2 kB"),
            (999_960, "1.0 MB"),
            (5_000_000_000, "5.0 GB"),
            (7_000_000_000_000, "7.0 TB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }
}
