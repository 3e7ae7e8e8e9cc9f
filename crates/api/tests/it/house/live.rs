// SPDX-License-Identifier: Apache-2.0
//! Live taps without a broker: what [`Taps::publish`] is given goes to the taps that match.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hw_kernel::live::{Live, LiveMessage, Tap};
use hw_model::topic::{self, BadTopic};
use hw_model::trace::Producer;
use hw_model::{AccountId, Timestamp, TraceId};
use parking_lot::Mutex;
use tokio::sync::mpsc;

#[derive(Default)]
pub struct Taps(Mutex<Vec<Open>>);

struct Open {
    filter: String,
    messages: mpsc::Sender<LiveMessage>,
    dropped: Arc<AtomicU64>,
}

impl Taps {
    pub fn publish(&self, message: &LiveMessage) {
        let mut open = self.0.lock();
        open.retain(|tap| !tap.messages.is_closed());
        for tap in open
            .iter()
            .filter(|tap| topic::matches(&tap.filter, &message.topic))
        {
            if tap.messages.try_send(message.clone()).is_err() {
                tap.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// How many are open.
    pub fn open(&self) -> usize {
        self.0
            .lock()
            .iter()
            .filter(|tap| !tap.messages.is_closed())
            .count()
    }
}

impl Live for Taps {
    fn tap(&self, _: AccountId, filter: &str, waiting_max: usize) -> Result<Tap, BadTopic> {
        topic::check_filter(filter)?;
        let (sender, messages) = mpsc::channel(waiting_max);
        let dropped = Arc::<AtomicU64>::default();
        let (filter, counter) = (filter.to_owned(), dropped.clone());
        self.0.lock().push(Open {
            filter,
            messages: sender,
            dropped: counter,
        });
        Ok(Tap { messages, dropped })
    }
}

/// A message of `thing`, published with QoS 1.
pub fn message(time: Timestamp, topic: &str, thing: Option<&str>, payload: &[u8]) -> LiveMessage {
    LiveMessage {
        time,
        trace: TraceId {
            producer: Producer { epoch: 1, shard: 0 },
            sequence: 1,
        },
        topic: topic.to_owned(),
        thing: thing.map(str::to_owned),
        client_id: "client".to_owned(),
        principal: "ab".repeat(32),
        qos: 1,
        retain: false,
        payload: payload.to_vec(),
    }
}
