// SPDX-License-Identifier: Apache-2.0
//! Metrics: how they are named and written, and a histogram that threads share.
//!
//! Names follow Prometheus: `headwater_` in front, the unit at the end, `_total` for counters. A
//! label never holds a client id, topic or anything else that devices choose.

use std::fmt::{Display, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What tells its figures when it is asked.
pub trait MetricSource: Send + Sync {
    /// Writes its families. Each family is written once, by one source.
    fn write(&self, page: &mut Page);
}

/// The two text formats that scrapers ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Prometheus text 0.0.4.
    #[default]
    Text,
    /// OpenMetrics 1.0.0.
    OpenMetrics,
}

/// The page that a scraper gets.
#[derive(Debug, Default)]
pub struct Page {
    text: String,
    format: Format,
}

impl Page {
    /// An empty page.
    pub fn new(format: Format) -> Self {
        Self {
            text: String::new(),
            format,
        }
    }

    /// A family of counters; `name` without `_total`.
    pub fn counter(&mut self, name: &str, help: &str) -> Family<'_> {
        let typed = match self.format {
            Format::Text => format!("{name}_total"),
            Format::OpenMetrics => name.to_owned(),
        };
        self.head(&typed, "counter", help);
        Family {
            page: self,
            sample: format!("{name}_total"),
        }
    }

    /// A family of values that rise and fall.
    pub fn gauge(&mut self, name: &str, help: &str) -> Family<'_> {
        self.head(name, "gauge", help);
        Family {
            page: self,
            sample: name.to_owned(),
        }
    }

    /// A histogram without labels.
    pub fn histogram(&mut self, name: &str, help: &str, values: &Snapshot) {
        self.head(name, "histogram", help);
        let mut below = 0;
        for (bound, count) in BOUNDS_SECONDS.iter().zip(&values.counts) {
            below += count;
            self.line(&format!("{name}_bucket"), &[("le", &bound)], &below);
        }
        below += values.counts[BOUNDS_SECONDS.len()];
        self.line(&format!("{name}_bucket"), &[("le", &"+Inf")], &below);
        self.line(&format!("{name}_sum"), &[], &values.sum_seconds);
        self.line(&format!("{name}_count"), &[], &below);
    }

    /// The whole page and its content type.
    pub fn finish(mut self) -> (&'static str, String) {
        match self.format {
            Format::Text => ("text/plain; version=0.0.4; charset=utf-8", self.text),
            Format::OpenMetrics => {
                self.text.push_str("# EOF\n");
                let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
                (kind, self.text)
            }
        }
    }

    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &[(&str, &dyn Display)], value: &dyn Display) {
        self.text.push_str(name);
        for (at, (label, text)) in labels.iter().enumerate() {
            let text = text.to_string();
            let text = text
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\n', "\\n");
            let open = if at == 0 { '{' } else { ',' };
            let _ = write!(self.text, "{open}{label}=\"{text}\"");
        }
        let close = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.text, "{close} {value}");
    }
}

/// A family that is being written.
pub struct Family<'a> {
    page: &'a mut Page,
    sample: String,
}

impl Family<'_> {
    /// Its only value.
    pub fn value(self, value: impl Display) {
        self.page.line(&self.sample, &[], &value);
    }

    /// One of its values, by label.
    pub fn with(self, labels: &[(&str, &dyn Display)], value: impl Display) -> Self {
        self.page.line(&self.sample, labels, &value);
        self
    }
}

/// Upper bounds of a histogram's buckets, in seconds: 0.1 ms to 10 s.
pub const BOUNDS_SECONDS: [f64; 15] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    10.0,
];

/// Counts durations; threads share it without a lock.
#[derive(Debug, Default)]
pub struct Histogram {
    counts: [AtomicU64; BOUNDS_SECONDS.len() + 1],
    sum_micros: AtomicU64,
}

/// What a histogram has counted.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Snapshot {
    /// In each bucket, not summed up; the last is for what is above all bounds.
    pub counts: [u64; BOUNDS_SECONDS.len() + 1],
    /// Of all durations.
    pub sum_seconds: f64,
}

impl Histogram {
    /// Counts one.
    pub fn observe(&self, span: Duration) {
        let seconds = span.as_secs_f64();
        let bucket = BOUNDS_SECONDS.partition_point(|bound| *bound < seconds);
        self.counts[bucket].fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        self.sum_micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// What was counted so far.
    pub fn snapshot(&self) -> Snapshot {
        let mut counts = [0; BOUNDS_SECONDS.len() + 1];
        for (count, held) in counts.iter_mut().zip(&self.counts) {
            *count = held.load(Ordering::Relaxed);
        }
        let sum_seconds = self.sum_micros.load(Ordering::Relaxed) as f64 / 1e6;
        Snapshot {
            counts,
            sum_seconds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats() {
        let write = |format| {
            let mut page = Page::new(format);
            page.counter("headwater_a", "What it is.").value(3);
            page.gauge("headwater_b_bytes", "Two\nlines.")
                .with(&[("kind", &"x\"y"), ("n", &1)], 1.5);
            page.finish()
        };
        let (kind, text) = write(Format::Text);
        assert!(kind.starts_with("text/plain"));
        assert_eq!(
            text,
            "# HELP headwater_a_total What it is.\n# TYPE headwater_a_total counter\n\
             headwater_a_total 3\n# HELP headwater_b_bytes Two\\nlines.\n\
             # TYPE headwater_b_bytes gauge\nheadwater_b_bytes{kind=\"x\\\"y\",n=\"1\"} 1.5\n"
        );
        let (_, text) = write(Format::OpenMetrics);
        assert!(text.contains("# TYPE headwater_a counter\nheadwater_a_total 3\n"));
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn a_histogram_sums_its_buckets_up() {
        let histogram = Histogram::default();
        for millis in [0, 2, 2, 20_000] {
            histogram.observe(Duration::from_millis(millis));
        }
        let mut page = Page::new(Format::Text);
        page.histogram("h_seconds", "Spans.", &histogram.snapshot());
        let (_, text) = page.finish();
        for line in [
            "h_seconds_bucket{le=\"0.0001\"} 1\n",
            "h_seconds_bucket{le=\"0.0025\"} 3\n",
            "h_seconds_bucket{le=\"10\"} 3\n",
            "h_seconds_bucket{le=\"+Inf\"} 4\n",
            "h_seconds_sum 20.004\n",
            "h_seconds_count 4\n",
        ] {
            assert!(text.contains(line), "{text}");
        }
    }
}
