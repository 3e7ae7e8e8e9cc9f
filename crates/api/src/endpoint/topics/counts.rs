// SPDX-License-Identifier: Apache-2.0
//! Messages, counted by topic in memory that is bounded.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{DefaultHasher, Hash, Hasher};

use hw_kernel::LiveMessage;
use hw_model::Timestamp;

use super::{TopicEntry, TopicList};

/// Topics that are told apart; messages on others are counted together.
const TOPICS_MAX: usize = 10_000;

/// Publishers of a topic that are told apart.
const PUBLISHERS_MAX: usize = 100;

/// A topic.
struct Seen {
    messages: u64,
    bytes: u64,
    /// Hashes of their client ids: small, and enough to count.
    publishers: Vec<u64>,
    last: Timestamp,
    client_id: String,
    thing: Option<String>,
    qos: u8,
    retain: bool,
    payload: &'static str,
}

/// What has passed.
#[derive(Default)]
pub(super) struct Counts {
    messages: u64,
    bytes: u64,
    elsewhere: u64,
    topics: HashMap<String, Seen>,
}

impl Counts {
    /// Counts a message.
    pub(super) fn take(&mut self, message: LiveMessage) {
        let bytes = message.payload.len() as u64;
        self.messages += 1;
        self.bytes += bytes;
        let room = self.topics.len() < TOPICS_MAX;
        let seen = match self.topics.entry(message.topic) {
            Entry::Occupied(seen) => seen.into_mut(),
            Entry::Vacant(place) if room => place.insert(Seen {
                messages: 0,
                bytes: 0,
                publishers: Vec::new(),
                last: message.time,
                client_id: String::new(),
                thing: None,
                qos: 0,
                retain: false,
                payload: "",
            }),
            Entry::Vacant(_) => {
                self.elsewhere += 1;
                return;
            }
        };
        seen.messages += 1;
        seen.bytes += bytes;
        seen.last = message.time;
        seen.payload = kind(&message.payload);
        (seen.qos, seen.retain) = (message.qos, message.retain);
        if seen.client_id != message.client_id || seen.publishers.is_empty() {
            let publisher = hash(&message.client_id);
            if seen.publishers.len() < PUBLISHERS_MAX && !seen.publishers.contains(&publisher) {
                seen.publishers.push(publisher);
            }
        }
        (seen.client_id, seen.thing) = (message.client_id, message.thing);
    }

    /// The busiest topics.
    pub(super) fn shown(self, seconds: u32, missed: u64, max: usize) -> TopicList {
        let topics_seen = self.topics.len();
        let mut topics: Vec<(String, Seen)> = self.topics.into_iter().collect();
        topics.sort_unstable_by(|(one, a), (other, b)| {
            b.messages.cmp(&a.messages).then_with(|| one.cmp(other))
        });
        topics.truncate(max);
        let entry = |(topic, seen): (String, Seen)| TopicEntry {
            topic,
            messages: seen.messages,
            bytes: seen.bytes,
            publishers: seen.publishers.len(),
            last: seen.last.into(),
            client_id: seen.client_id,
            thing: seen.thing,
            qos: seen.qos,
            retain: seen.retain,
            payload: seen.payload,
        };
        TopicList {
            seconds,
            messages: self.messages,
            bytes: self.bytes,
            missed,
            topics_seen,
            elsewhere: self.elsewhere,
            topics: topics.into_iter().map(entry).collect(),
        }
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn kind(payload: &[u8]) -> &'static str {
    match std::str::from_utf8(payload) {
        Ok("") => "empty",
        Ok(text) if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() => "json",
        Ok(_) => "text",
        Err(_) => "binary",
    }
}
