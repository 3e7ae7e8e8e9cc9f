// SPDX-License-Identifier: Apache-2.0
//! The demo's lines: short, for 80 columns, and as good in a file as on a terminal.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use time::PrimitiveDateTime;
use time::macros::format_description;

use super::place::Place;
use super::readings::Kept;
use crate::cli::paint::Paint;
use crate::cli::{Failure, note, print, print_line};
use crate::serve::Endpoints;
use crate::simulate::device_date;
use crate::simulate::tally::Counts;

/// Prints the demo.
#[derive(Debug, Clone)]
pub(super) struct Story {
    pub(super) paint: Paint,
}

impl Story {
    pub(super) fn new(paint: Paint) -> Self {
        Self { paint }
    }

    pub(super) fn title(&self) -> Result<(), Failure> {
        let title = self
            .paint
            .bold("Headwater: three water meters, from certificate to SQL");
        self.line(&format!("{title}\n"))
    }

    pub(super) fn ready(
        &self,
        state: &str,
        endpoints: &Endpoints,
        taken: &[(&'static str, u16)],
        after: Duration,
    ) -> Result<(), Failure> {
        self.step(
            "Server",
            &format!("{state}, ready in {:.1} s", after.as_secs_f64()),
        )?;
        let doors = [
            ("MQTT over TLS", endpoints.mqtts),
            ("AWS APIs", endpoints.https),
            ("HTTP", endpoints.http),
            ("SQL", endpoints.postgres),
        ];
        let open = |(name, address): &(&str, Option<SocketAddr>)| {
            Some(format!("{name} {}", (*address)?.port()))
        };
        let open: Vec<String> = doors.iter().filter_map(open).collect();
        self.step("", &open.join(" · "))?;
        for (door, port) in taken {
            let said = format!("port {port} ({door}) is taken here: another one is used");
            self.step("", &self.paint.warn(&said))?;
        }
        Ok(())
    }

    pub(super) fn keys(&self) -> Result<(), Failure> {
        self.step("Keys", "made: for the AWS API, SQL and HTTP")
    }

    pub(super) fn registered(&self, thing: &str, number: usize) {
        let head = if number == 1 { "Meters" } else { "" };
        // Whoever reads stdout and has gone away is noticed at the next line.
        let _ = self.step(
            head,
            &format!(
                "{} has a certificate and a policy",
                self.paint.accent(thing)
            ),
        );
    }

    pub(super) fn known(&self, meters: usize) -> Result<(), Failure> {
        self.step(
            "Meters",
            &format!("{meters} of an earlier run, with their certificates"),
        )
    }

    pub(super) fn replay(&self, speed: f64) -> Result<(), Failure> {
        self.step(
            "Readings",
            "of real meters (DAIAD, Alicante 2016; CC BY-SA 4.0)",
        )?;
        let pace = match speed / 60.0 {
            minutes if minutes >= 2.0 => format!("{minutes:.0} minutes pass in a second"),
            _ => format!("{speed:.0} times as fast as then"),
        };
        self.step(
            "",
            &format!("{pace}; QoS 1, each acknowledged when on disk\n"),
        )
    }

    pub(super) fn reading(&self, thing: &str, date: &str, flow: f64) -> Result<(), Failure> {
        let at = device_date::parse(date).map_or_else(|| date.to_owned(), short_time);
        let bar = "█".repeat((flow.clamp(0.0, 30.0)).ceil() as usize);
        let meter = self.paint.accent(thing);
        let line = format!(
            "  {at}  {meter}  {flow:>5.2} l/min  {}",
            self.paint.good(&bar)
        );
        self.line(line.trim_end())
    }

    pub(super) fn live(
        &self,
        counts: &Counts,
        flows: &BTreeMap<String, f64>,
    ) -> Result<(), Failure> {
        let at = counts
            .device_time
            .map_or_else(|| "--:--".to_owned(), short_time);
        let flow = |(thing, flow): (&String, &f64)| {
            let tail = &thing[thing.len().saturating_sub(3)..];
            format!("…{tail} {flow:>5.2}")
        };
        let flows: Vec<String> = flows.iter().map(flow).collect();
        let sum = grouped(counts.acknowledged);
        self.line(&format!(
            "  {at}  {sum:>7} readings safe   l/min: {}",
            flows.join("  ")
        ))
    }

    pub(super) fn trouble(&self, meter: &str, cause: &str) {
        note(&self.paint.warn(&format!(
            "  {meter} lost its connection ({cause}) and tries again"
        )));
    }

    pub(super) fn plug_pulled(&self, back_after: Duration) -> Result<(), Failure> {
        let seconds = back_after.as_secs_f64();
        let said = format!("  The plug was pulled: killed; back after {seconds:.1} s");
        self.line(&self.paint.warn(&said))
    }

    pub(super) fn last_count(
        &self,
        counts: &Counts,
        kept: Result<Kept, String>,
    ) -> Result<(), Failure> {
        let acknowledged = grouped(counts.acknowledged);
        let table = match &kept {
            Ok(kept) => format!("{} in the table", grouped(kept.readings)),
            Err(cause) => format!("the table could not be counted ({cause})"),
        };
        self.line(&format!("\n{acknowledged} readings acknowledged, {table}."))?;
        let Ok(Kept { readings, again }) = kept else {
            return Ok(());
        };
        if again > 0 {
            let again = grouped(again);
            self.line(&format!(
                "{again} of them came twice: the plug was pulled before the meter had its answer."
            ))?;
        }
        match counts.acknowledged.saturating_sub(readings) {
            0 => Ok(()),
            missing => {
                let missing = format!("{} are missing. That must not be.", grouped(missing));
                self.line(&self.paint.warn(&missing))
            }
        }
    }

    pub(super) fn stopped(&self, seconds: f64, place: &Place) -> Result<(), Failure> {
        let folder = place.path().display();
        let then = match place {
            Place::Fresh(_) => format!("{folder} is removed"),
            Place::Kept(_) => format!("all is kept in {folder}"),
        };
        self.line(&format!("Server stopped in {seconds:.1} s; {then}."))
    }

    pub(super) fn heading(&self, text: &str) -> Result<(), Failure> {
        self.line(&format!("\n{}", self.paint.bold(text)))
    }

    pub(super) fn quoted(&self, text: &str) -> Result<(), Failure> {
        for line in text.lines() {
            self.line(&format!("  {}", self.paint.dim(line)))?;
        }
        self.line("")
    }

    pub(super) fn text(&self, text: &str) -> Result<(), Failure> {
        Ok(print(text)?)
    }

    pub(super) fn line(&self, line: &str) -> Result<(), Failure> {
        Ok(print_line(line)?)
    }

    fn step(&self, head: &str, text: &str) -> Result<(), Failure> {
        let head = self.paint.bold(&format!("{head:<9}"));
        self.line(format!("{head} {text}").trim_end_matches(' '))
    }
}

/// Hours and minutes of the day.
pub(super) fn short_time(at: PrimitiveDateTime) -> String {
    at.format(format_description!("[hour]:[minute]"))
        .unwrap_or_default()
}

/// 1234567 as 1,234,567.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_in_groups() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
