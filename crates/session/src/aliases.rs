// SPDX-License-Identifier: Apache-2.0
//! Topic aliases of a publisher (MQTT 5, section 3.3.2.3.4).

/// The topics that numbers from 1 stand for.
#[derive(Debug, Default)]
pub(crate) struct Aliases {
    topics: Vec<Option<Box<str>>>,
}

impl Aliases {
    pub(crate) fn get(&self, alias: u16) -> Option<&str> {
        self.topics
            .get(usize::from(alias).checked_sub(1)?)?
            .as_deref()
    }

    /// Sets an alias that is not above the maximum.
    pub(crate) fn set(&mut self, alias: u16, topic: &str) {
        let at = usize::from(alias.saturating_sub(1));
        if self.topics.len() <= at {
            self.topics.resize(at + 1, None);
        }
        if self.topics[at].as_deref() != Some(topic) {
            self.topics[at] = Some(topic.into());
        }
    }
}
