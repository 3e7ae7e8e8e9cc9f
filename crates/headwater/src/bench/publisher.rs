// SPDX-License-Identifier: Apache-2.0
//! A client that publishes at a steady rate, and measures how long its acknowledgements take.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hw_mqtt::{Packet, Qos, encode};
use tokio::time::{Instant, sleep_until};

use super::histogram::Histogram;
use super::link::{LinkError, Reader, Writer};
use super::payload::Stamp;
use super::plan::Plan;
use super::run::Tally;

/// Bytes that are written before they are sent.
const FLUSH_BYTES: usize = 16 << 10;

/// How long the last acknowledgements may take.
const DRAIN_SECONDS_MAX: u64 = 15;

/// What one has done.
#[derive(Default)]
pub struct Published {
    /// Messages sent.
    pub sent: u64,
    /// Messages acknowledged; those of QoS 0 count when they are sent.
    pub confirmed: u64,
    /// From when a message was due to its acknowledgement.
    pub latency: Histogram,
    /// How it ended early.
    pub error: Option<LinkError>,
}

/// A connected publisher.
pub struct Publisher {
    /// Its number.
    pub number: u32,
    pub reader: Reader,
    pub writer: Writer,
    pub plan: Arc<Plan>,
    pub tally: Arc<Tally>,
}

struct Sending {
    publisher: Publisher,
    topic: String,
    begin: Instant,
    end: Instant,
    packet_id: u16,
    /// When those that are out were due.
    out: HashMap<u16, Instant>,
    done: Published,
}

impl Publisher {
    /// Publishes from `begin` on.
    pub async fn run(self, begin: Instant) -> Published {
        let mut sending = Sending {
            topic: self.plan.topic_of(self.number),
            begin,
            end: begin + self.plan.span,
            packet_id: 0,
            out: HashMap::new(),
            done: Published::default(),
            publisher: self,
        };
        if let Err(error) = sending.all().await {
            sending.done.error = Some(error);
        }
        sending.publisher.writer.close().await;
        sending.done
    }
}

impl Sending {
    async fn all(&mut self) -> Result<(), LinkError> {
        let drained = self.end + Duration::from_secs(DRAIN_SECONDS_MAX);
        loop {
            let due = self.due(self.done.sent);
            let over = due >= self.end || Instant::now() >= self.end;
            if over && self.out.is_empty() {
                return Ok(());
            }
            let room = self.out.len() < self.publisher.plan.in_flight_max;
            tokio::select! {
                biased;
                filled = self.publisher.reader.fill() => {
                    filled?;
                    self.hear().await?;
                }
                () = sleep_until(due), if !over && room => self.send().await?,
                () = sleep_until(drained) => return Err(LinkError::Silent),
            }
        }
    }

    /// When a message is due. Publishers begin one after the other, so that a rate is steady.
    fn due(&self, number: u64) -> Instant {
        let plan = &self.publisher.plan;
        if plan.rate <= 0.0 {
            return self.begin;
        }
        let share = f64::from(self.publisher.number) / f64::from(plan.publishers.max(1));
        self.begin + Duration::from_secs_f64((number as f64 + share) / plan.rate)
    }

    /// Sends all that is due and has room, up to a buffer full.
    async fn send(&mut self) -> Result<(), LinkError> {
        let plan = self.publisher.plan.clone();
        let (now, mut payload) = (Instant::now(), String::new());
        let before = self.done.sent;
        while self.publisher.writer.waiting() < FLUSH_BYTES
            && (plan.qos == Qos::AtMostOnce || self.out.len() < plan.in_flight_max)
        {
            let due = self.due(self.done.sent);
            if due > now || due >= self.end {
                break;
            }
            // As fast as it goes, nothing is due before it is sent.
            let due = if plan.rate <= 0.0 { now } else { due };
            let stamp = Stamp {
                publisher: self.publisher.number,
                number: self.done.sent,
                micros: due.duration_since(self.begin).as_micros() as u64,
            };
            stamp.write(plan.payload_bytes, &mut payload);
            let packet_id = match plan.qos {
                Qos::AtMostOnce => 0,
                _ => self.next_id(due),
            };
            let message = (self.topic.as_str(), payload.as_str());
            self.publisher
                .writer
                .publish(message, plan.qos, packet_id)?;
            self.done.sent += 1;
        }
        self.publisher.writer.flush().await?;
        self.publisher.tally.sent(self.done.sent - before);
        if plan.qos == Qos::AtMostOnce {
            self.done.confirmed = self.done.sent;
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// A packet id that is not out.
    fn next_id(&mut self, due: Instant) -> u16 {
        loop {
            self.packet_id = self.packet_id.checked_add(1).unwrap_or(1);
            if !self.out.contains_key(&self.packet_id) {
                self.out.insert(self.packet_id, due);
                return self.packet_id;
            }
        }
    }

    async fn hear(&mut self) -> Result<(), LinkError> {
        let now = Instant::now();
        let before = self.done.confirmed;
        while let Some(packet) = self.publisher.reader.next()? {
            match packet {
                Packet::PubAck(answer) => {
                    confirm(&mut self.out, &mut self.done, answer.packet_id, now);
                }
                Packet::PubComp(answer) => {
                    confirm(&mut self.out, &mut self.done, answer.packet_id, now);
                }
                Packet::PubRec(answer) => self
                    .publisher
                    .writer
                    .answer(encode::pubrel, answer.packet_id),
                _ => {}
            }
        }
        self.publisher.tally.confirmed(self.done.confirmed - before);
        self.publisher.writer.flush().await
    }
}

fn confirm(out: &mut HashMap<u16, Instant>, done: &mut Published, packet_id: u16, now: Instant) {
    if let Some(due) = out.remove(&packet_id) {
        done.confirmed += 1;
        done.latency.add(now.saturating_duration_since(due));
    }
}
