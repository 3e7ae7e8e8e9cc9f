// SPDX-License-Identifier: Apache-2.0
//! A client that subscribes, and finds what is lost, doubled or out of order.

use std::sync::Arc;
use std::time::Duration;

use hw_mqtt::{Packet, Qos, encode};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::histogram::Histogram;
use super::link::{LinkError, Reader, Writer};
use super::payload::Stamp;
use super::run::Tally;

/// How long nothing may come before what is missing counts as lost.
const QUIET: Duration = Duration::from_secs(3);

/// What one has received.
#[derive(Default)]
pub struct Received {
    /// Messages.
    pub messages: u64,
    /// Those that came before, or with DUP again.
    pub doubled: u64,
    /// Those that came behind a later one of their publisher.
    pub out_of_order: u64,
    /// From when a message was due to its arrival.
    pub latency: Histogram,
    /// Of each publisher.
    pub seen: Vec<Seen>,
    /// How it ended early.
    pub error: Option<LinkError>,
}

/// Which messages of a publisher came: a bit each.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    bits: Vec<u64>,
    last: Option<u64>,
    count: u64,
}

/// What came of a message.
#[derive(Debug, PartialEq, Eq)]
enum Arrival {
    InOrder,
    Late,
    Again,
}

impl Seen {
    /// How many different ones.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Adds what another has seen.
    pub fn merge(&mut self, other: &Self) {
        let length = self.bits.len().max(other.bits.len());
        self.bits.resize(length, 0);
        let pairs = self.bits.iter_mut().zip(&other.bits);
        pairs.for_each(|(bits, more)| *bits |= more);
        self.count = self.bits.iter().map(|it| u64::from(it.count_ones())).sum();
    }

    fn note(&mut self, number: u64) -> Arrival {
        let (word, bit) = ((number / 64) as usize, 1_u64 << (number % 64));
        if self.bits.len() <= word {
            self.bits.resize(word + 1, 0);
        }
        if self.bits[word] & bit != 0 {
            return Arrival::Again;
        }
        self.bits[word] |= bit;
        self.count += 1;
        let late = self.last.is_some_and(|last| number < last);
        if late {
            return Arrival::Late;
        }
        self.last = Some(number);
        Arrival::InOrder
    }
}

/// A subscriber whose subscription is in place.
pub struct Subscriber {
    pub reader: Reader,
    pub writer: Writer,
    pub publishers: u32,
    /// The largest number that a publisher may reach: what is above is no message of ours.
    pub numbers_max: u64,
    pub tally: Arc<Tally>,
    /// Messages that each subscriber is to get, once that is known.
    pub expected: watch::Receiver<Option<u64>>,
}

impl Subscriber {
    /// Receives until all came that was sent, or nothing comes any more.
    pub async fn run(mut self, begin: Instant) -> Received {
        let mut received = Received {
            seen: vec![Seen::default(); self.publishers as usize],
            ..Received::default()
        };
        loop {
            let expected = *self.expected.borrow_and_update();
            let complete = |wanted| received.messages - received.doubled >= wanted;
            if expected.is_some_and(complete) {
                break;
            }
            tokio::select! {
                biased;
                filled = self.reader.fill() => {
                    let heard = match filled {
                        Ok(()) => self.hear(begin, &mut received).await,
                        Err(error) => Err(error),
                    };
                    if let Err(error) = heard {
                        received.error = Some(error);
                        break;
                    }
                }
                changed = self.expected.changed(), if expected.is_none() => {
                    if changed.is_err() {
                        break;
                    }
                }
                () = sleep(QUIET), if expected.is_some() => break,
            }
        }
        self.writer.close().await;
        received
    }

    async fn hear(&mut self, begin: Instant, received: &mut Received) -> Result<(), LinkError> {
        let now = Instant::now();
        let before = received.messages;
        while let Some(packet) = self.reader.next()? {
            match packet {
                Packet::Publish(message) => {
                    match message.qos {
                        Qos::AtMostOnce => {}
                        Qos::AtLeastOnce => self.writer.answer(encode::puback, message.packet_id),
                        Qos::ExactlyOnce => self.writer.answer(encode::pubrec, message.packet_id),
                    }
                    if let Some(stamp) = Stamp::read(message.payload) {
                        let sent = begin + Duration::from_micros(stamp.micros);
                        received.latency.add(now.saturating_duration_since(sent));
                        take(received, stamp, self.numbers_max);
                    }
                }
                Packet::PubRel(release) => self.writer.answer(encode::pubcomp, release.packet_id),
                _ => {}
            }
        }
        self.tally.received(received.messages - before);
        self.writer.flush().await
    }
}

fn take(received: &mut Received, stamp: Stamp, numbers_max: u64) {
    let Some(seen) = received.seen.get_mut(stamp.publisher as usize) else {
        return;
    };
    if stamp.number > numbers_max {
        return;
    }
    received.messages += 1;
    match seen.note(stamp.number) {
        Arrival::InOrder => {}
        Arrival::Late => received.out_of_order += 1,
        Arrival::Again => received.doubled += 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_doubled_and_late_are_told_apart() {
        let mut seen = Seen::default();
        let came = [0, 1, 3, 2, 3, 70].map(|number| seen.note(number));
        assert_eq!(
            came,
            [
                Arrival::InOrder,
                Arrival::InOrder,
                Arrival::InOrder,
                Arrival::Late,
                Arrival::Again,
                Arrival::InOrder
            ]
        );
        assert_eq!(seen.count(), 5);
        let mut other = Seen::default();
        for number in [3, 200] {
            other.note(number);
        }
        seen.merge(&other);
        assert_eq!(seen.count(), 6);
    }
}
