// SPDX-License-Identifier: Apache-2.0
//! Progress of a simulation: lines on stderr for people, JSON lines on stdout for programs.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::cli::{Failure, note, print_line};
use crate::simulate::tally::Counts;
use crate::simulate::{Notice, Tally, device_date};

/// Time between two lines of progress.
const PROGRESS_SECONDS: u64 = 5;
/// After so many meters, lines about single ones are left out: progress has the sum.
const SINGLE_METERS_MAX: usize = 10;

/// Prints what happens.
pub struct Report {
    json: bool,
    began: Instant,
}

impl Report {
    pub(super) fn new(json: bool) -> Self {
        Self {
            json,
            began: Instant::now(),
        }
    }

    /// A thing that was new; `done` meters of `of` are ready.
    pub(super) fn registered(&self, thing: &str, done: usize, of: usize) {
        if self.json {
            self.emit(&json!({"event": "registered", "meter": thing, "done": done, "of": of}));
        } else if of <= SINGLE_METERS_MAX {
            note(&format!("Registered {thing}"));
        } else if done.is_multiple_of(100) || done == of {
            note(&format!("Registered {done} of {of}"));
        }
    }

    pub(super) fn remark(&self, remark: &str) {
        if self.json {
            self.emit(&json!({"event": "remark", "text": remark}));
        } else {
            note(&format!("Note: {remark}"));
        }
    }

    /// Prints until the fleet has ended; the last counts.
    pub(super) async fn follow(
        &self,
        tally: &Tally,
        mut notices: mpsc::Receiver<Notice>,
    ) -> Result<Counts, Failure> {
        let period = Duration::from_secs(PROGRESS_SECONDS);
        let mut ticks = interval_at(Instant::now() + period, period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut causes = Causes::default();
        loop {
            tokio::select! {
                notice = notices.recv() => match notice {
                    Some(notice) => self.notice(&notice, &mut causes),
                    None => return Ok(tally.counts()),
                },
                _ = ticks.tick() => {
                    causes.told().iter().for_each(|line| note(line));
                    self.progress(&tally.counts())?;
                }
            }
        }
    }

    /// The last word. Readings without an acknowledgement are a failure.
    pub(super) fn end(&self, counts: &Counts, meters: usize) -> Result<(), Failure> {
        if self.json {
            let mut line = self.line("end", counts);
            line["meters"] = json!(meters);
            print_line(&line.to_string())?;
        } else {
            print_line(&format!(
                "{} readings of {meters} meters sent, {} acknowledged, in {}.",
                counts.sent,
                counts.acknowledged,
                seconds(self.began.elapsed()),
            ))?;
        }
        match counts.sent - counts.acknowledged.min(counts.sent) {
            0 if counts.sent > 0 => Ok(()),
            0 => Err(Failure::failed(
                "no meter could send anything; the causes stand above",
            )),
            lost => Err(Failure::failed(format!(
                "{lost} readings were not acknowledged"
            ))),
        }
    }

    fn notice(&self, notice: &Notice, causes: &mut Causes) {
        match notice {
            Notice::Connected { meter } if self.json => {
                self.emit(&json!({"event": "connected", "meter": meter}));
            }
            Notice::Connected { .. } => {}
            Notice::Lost {
                meter,
                cause,
                retry_in,
            } if self.json => self.emit(&json!({
                "event": "lost", "meter": meter, "cause": cause,
                "retry_seconds": retry_in.as_secs_f64(),
            })),
            Notice::Lost {
                meter,
                cause,
                retry_in,
            } => {
                if causes.is_new(cause) {
                    note(&format!(
                        "{meter}: {cause}; next try in {}",
                        seconds(*retry_in)
                    ));
                }
            }
        }
    }

    fn progress(&self, counts: &Counts) -> Result<(), Failure> {
        if self.json {
            return Ok(print_line(&self.line("progress", counts).to_string())?);
        }
        let date = counts
            .device_time
            .map_or("-".to_owned(), device_date::format);
        note(&format!(
            "{:>5}  {} connected  {} sent  {} acknowledged  device time {date}",
            seconds(self.began.elapsed()),
            counts.connected,
            counts.sent,
            counts.acknowledged,
        ));
        Ok(())
    }

    fn line(&self, event: &str, counts: &Counts) -> Value {
        json!({
            "event": event,
            "seconds": (self.began.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
            "connected": counts.connected,
            "sent": counts.sent,
            "acknowledged": counts.acknowledged,
            "connections_lost": counts.connections_lost,
            "device_time": counts.device_time.map(device_date::format),
        })
    }

    /// A line that says one thing; the sums that follow fail where nobody reads them.
    fn emit(&self, line: &Value) {
        let _ = print_line(&line.to_string());
    }
}

/// Causes since the last line of progress, so that a thousand meters with the same trouble are two
/// lines: the first of it, and how many more.
#[derive(Default)]
struct Causes(BTreeMap<String, u64>);

impl Causes {
    fn is_new(&mut self, cause: &str) -> bool {
        let count = self.0.entry(cause.to_owned()).or_default();
        *count += 1;
        *count == 1
    }

    /// What was not told one by one; begins anew.
    fn told(&mut self) -> Vec<String> {
        let counted = std::mem::take(&mut self.0)
            .into_iter()
            .filter(|(_, count)| *count > 1);
        counted
            .map(|(cause, count)| format!("{} more: {cause}", count - 1))
            .collect()
    }
}

fn seconds(span: Duration) -> String {
    match span.as_secs_f64() {
        short if short < 10.0 => format!("{short:.1} s"),
        long => format!("{long:.0} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_acknowledged_is_a_failure() {
        let report = Report::new(true);
        let counts = |sent, acknowledged| Counts {
            sent,
            acknowledged,
            ..Counts::default()
        };
        assert!(report.end(&counts(5, 5), 1).is_ok());
        assert!(report.end(&counts(5, 4), 1).is_err());
        assert!(report.end(&counts(0, 0), 1).is_err());
    }

    #[test]
    fn the_same_trouble_is_told_once() {
        let mut causes = Causes::default();
        let new: Vec<bool> = ["a", "b", "a", "a"]
            .iter()
            .map(|cause| causes.is_new(cause))
            .collect();
        assert_eq!(new, [true, true, false, false]);
        assert_eq!(causes.told(), ["2 more: a"]);
        assert!(causes.is_new("a") && causes.told().is_empty());
    }

    #[tokio::test]
    async fn follows_until_the_fleet_is_gone() {
        let (notices, heard) = mpsc::channel(4);
        let lost = Notice::Lost {
            meter: "m".into(),
            cause: "x".into(),
            retry_in: Duration::ZERO,
        };
        notices.send(lost).await.unwrap();
        drop(notices);
        let counts = Report::new(false)
            .follow(&Tally::default(), heard)
            .await
            .unwrap();
        assert_eq!(counts, Counts::default());
    }
}
