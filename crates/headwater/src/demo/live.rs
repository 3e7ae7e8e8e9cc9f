// SPDX-License-Identifier: Apache-2.0
//! Readings as they pass: first each of them, then a line every few seconds.

use std::collections::BTreeMap;
use std::time::Duration;

use hw_kernel::Shutdown;
use serde_json::Value;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};

use super::Running;
use super::story::Story;
use crate::cli::Failure;
use crate::client::{Event, Events};

/// Topics of all meters.
const FILTER: &str = "/things/waterflowcontrollers/+";
/// Time between two lines once the overview is shown.
const LINE_SECONDS: u64 = 5;
/// A tap is open: it is shown soon.
const TAP_LITRES_PER_MINUTE: f64 = 1.0;
const TAP_MS: u64 = 150;
/// Less is shown when nothing else was for a while.
const TRICKLE_MS: u64 = 1_000;

/// What the stream has shown so far.
pub(super) struct Live<'a> {
    running: &'a Running,
    /// `None` when the server ended it: it is opened again.
    events: Option<Events>,
    story: &'a Story,
    /// Litres in the last minute of each meter.
    flows: BTreeMap<String, f64>,
}

/// One message, as far as the demo reads it.
#[derive(Debug, PartialEq)]
struct Reading {
    thing: String,
    date: String,
    flow: f64,
}

impl<'a> Live<'a> {
    pub(super) fn new(running: &'a Running, events: Events, story: &'a Story) -> Self {
        Self {
            running,
            events: Some(events),
            story,
            flows: BTreeMap::new(),
        }
    }

    /// Shows readings for so long: the first of each meter, then those where water flows.
    pub(super) async fn opening(
        &mut self,
        span: Duration,
        stopped: &Shutdown,
    ) -> Result<(), Failure> {
        let end = Instant::now() + span;
        let mut shown = Instant::now();
        loop {
            let reading = tokio::select! {
                () = stopped.begun() => return Ok(()),
                () = sleep_until(end) => return Ok(()),
                reading = self.next() => reading?,
            };
            let fresh = !self.flows.contains_key(&reading.thing);
            self.flows.insert(reading.thing.clone(), reading.flow);
            let pause = match reading.flow {
                tap if tap >= TAP_LITRES_PER_MINUTE => Duration::from_millis(TAP_MS),
                _ => Duration::from_millis(TRICKLE_MS),
            };
            if fresh || (reading.flow > 0.0 && shown.elapsed() >= pause) {
                self.story
                    .reading(&reading.thing, &reading.date, reading.flow)?;
                shown = Instant::now();
            }
        }
    }

    /// A line every few seconds until the end.
    pub(super) async fn go_on(&mut self, stopped: &Shutdown) -> Result<(), Failure> {
        let period = Duration::from_secs(LINE_SECONDS);
        let mut ticks = interval_at(Instant::now() + period, period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                () = stopped.begun() => return Ok(()),
                reading = self.next() => {
                    let reading = reading?;
                    self.flows.insert(reading.thing, reading.flow);
                }
                _ = ticks.tick() => self.tick()?,
            }
        }
    }

    fn tick(&self) -> Result<(), Failure> {
        let counts = self.running.tally.counts();
        self.story.live(&counts, &self.flows)
    }

    /// The next reading; a server that is killed and comes back goes on in between. May be dropped
    /// and called again.
    async fn next(&mut self) -> Result<Reading, Failure> {
        loop {
            let Some(events) = &mut self.events else {
                self.events = Some(open(self.running).await?);
                continue;
            };
            match events.next().await {
                Ok(Some(Event::Message(message))) => {
                    if let Some(reading) = reading(&message) {
                        return Ok(reading);
                    }
                }
                Ok(Some(Event::Dropped(_))) => {}
                Ok(None) | Err(_) => self.events = None,
            }
        }
    }
}

/// The messages of all meters from now on.
pub(super) async fn open(running: &Running) -> Result<Events, Failure> {
    let asked = || running.client.stream(FILTER);
    Ok(running.presence.ask(asked).await?)
}

fn reading(message: &str) -> Option<Reading> {
    let message: Value = serde_json::from_str(message).ok()?;
    let payload = &message["payload"];
    Some(Reading {
        thing: message["topic"].as_str()?.rsplit('/').next()?.to_owned(),
        date: payload["Date"].as_str()?.to_owned(),
        flow: payload["FlowRate"].as_f64()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_meters_are_read_and_others_passed_over() {
        let message = r#"{"topic":"/things/waterflowcontrollers/8",
            "payload":{"Date":"22/11/2016 06:00:05","FlowRate":0.0}}"#;
        assert_eq!(
            reading(message).map(|reading| reading.thing),
            Some("8".to_owned())
        );
        assert_eq!(reading(r#"{"topic":"a","payload":"text"}"#), None);
    }
}
