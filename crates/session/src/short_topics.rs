// SPDX-License-Identifier: Apache-2.0
//! Topic aliases for a receiver (MQTT 5, section 3.3.2.3.4): a number stands for a topic that it
//! got before.

use std::collections::HashMap;

/// Aliases that are given out to one receiver at most, whatever it would take: each is a topic in
/// memory.
const ALIASES_MAX: u16 = 64;

/// Topics shorter than that are not worth a number, which takes three bytes.
const TOPIC_BYTES_MIN: usize = 4;

/// The topics that have a number. The first ones get them, and keep them.
#[derive(Debug, Default)]
pub(crate) struct ShortTopics {
    max: u16,
    numbers: HashMap<Box<str>, u16, foldhash::fast::RandomState>,
}

impl ShortTopics {
    /// For a receiver that takes so many.
    pub(crate) fn up_to(max: u16) -> Self {
        Self {
            max: max.min(ALIASES_MAX),
            numbers: HashMap::default(),
        }
    }

    /// Whether the receiver takes any.
    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        self.max > 0
    }

    /// The number of a topic, and whether the receiver knows it. `None`: it gets none.
    pub(crate) fn number(&self, topic: &str) -> Option<(u16, bool)> {
        if topic.len() < TOPIC_BYTES_MIN {
            return None;
        }
        match self.numbers.get(topic) {
            Some(number) => Some((*number, true)),
            None if self.numbers.len() < usize::from(self.max) => {
                Some((self.numbers.len() as u16 + 1, false))
            }
            None => None,
        }
    }

    /// The topic was sent with that number.
    pub(crate) fn sent(&mut self, topic: &str, number: u16) {
        self.numbers.insert(topic.into(), number);
    }
}
