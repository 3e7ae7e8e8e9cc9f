// SPDX-License-Identifier: Apache-2.0
//! What each publisher's last topic came to: who may publish there was asked, who gets it was
//! looked up, and who of them may receive it. Most devices publish to one topic, again and again;
//! for those, all three questions become one comparison.
//!
//! A memory of a bounded size, not a truth: an entry counts only for the very connection, topic and
//! version of the routes that it was made for, and any change of policies empties it all.

use crate::{Slot, Subscriber};

/// Publishers that are remembered; a power of two. Those whose places are the same share one.
const PLACES_MAX: usize = 1 << 14;

/// Bytes of a topic that is remembered; longer ones are rare.
const TOPIC_BYTES_MAX: usize = 256;

/// Receivers that one entry remembers in any case.
const FOUND_MAX: usize = 4;

/// Receivers in those entries that have more, in all of them together.
const MANY_MAX: usize = 1 << 16;

/// After so many other topics in a row a publisher is one of many topics; it is only tried again
/// every so often.
const MISSES_MAX: u32 = 8;

/// The entries, by the index of the publisher's slot.
#[derive(Debug, Default)]
pub(crate) struct LastTopics {
    entries: Vec<Entry>,
    /// Receivers in entries with more than [`FOUND_MAX`].
    many: usize,
}

#[derive(Debug, Default)]
struct Entry {
    /// [`Slot::generation`] of the publisher; 0 is nobody's.
    generation: u32,
    misses: u32,
    routes: u64,
    topic: String,
    found: Vec<Subscriber>,
}

impl LastTopics {
    /// Whether that publisher may go on as the last time; appends the receivers if so.
    #[inline]
    pub(crate) fn recall(
        &mut self,
        publisher: Slot,
        topic: &str,
        routes: u64,
        found: &mut Vec<Subscriber>,
    ) -> bool {
        let Some(entry) = self.entries.get_mut(place(publisher)) else {
            return false;
        };
        if entry.generation != publisher.generation
            || entry.routes != routes
            || entry.topic != topic
        {
            return false;
        }
        entry.misses = 0;
        found.extend_from_slice(&entry.found);
        true
    }

    /// Whether this topic, with so many receivers, is to be remembered for the publisher.
    #[inline]
    pub(crate) fn wants(&mut self, publisher: Slot, topic: &str, found: usize) -> bool {
        if publisher == Slot::NOBODY || topic.len() > TOPIC_BYTES_MAX {
            return false;
        }
        let place = place(publisher);
        if self.entries.len() <= place {
            self.entries.resize_with(place + 1, Entry::default);
        }
        let entry = &mut self.entries[place];
        // Also those of others that share the place: who are too many for it take turns seldom.
        entry.misses = entry.misses.wrapping_add(1);
        if entry.misses > MISSES_MAX && !entry.misses.is_multiple_of(MISSES_MAX) {
            return false;
        }
        found <= FOUND_MAX || self.many - many(&entry.found) + found <= MANY_MAX
    }

    /// Remembers it: publishing there is allowed, and `found` are all whom the routes of that
    /// version name, with what they may receive of this very topic among their flags.
    pub(crate) fn remember(
        &mut self,
        publisher: Slot,
        topic: &str,
        routes: u64,
        found: &[Subscriber],
    ) {
        let Some(entry) = self.entries.get_mut(place(publisher)) else {
            return;
        };
        self.many -= many(&entry.found);
        entry.generation = publisher.generation;
        entry.routes = routes;
        entry.topic.clear();
        entry.topic.push_str(topic);
        entry.found.clear();
        if entry.found.capacity() > found.len().max(FOUND_MAX) {
            entry.found = Vec::new();
        }
        entry.found.reserve_exact(found.len());
        entry.found.extend_from_slice(found);
        self.many += many(&entry.found);
    }

    /// The publisher is gone.
    pub(crate) fn forget(&mut self, publisher: Slot) {
        if let Some(entry) = self.entries.get_mut(place(publisher))
            && entry.generation == publisher.generation
        {
            self.many -= many(&entry.found);
            *entry = Entry::default();
        }
    }

    /// What was allowed may not be any more.
    pub(crate) fn forget_all(&mut self) {
        *self = Self::default();
    }
}

#[inline]
fn place(publisher: Slot) -> usize {
    publisher.index as usize & (PLACES_MAX - 1)
}

fn many(found: &[Subscriber]) -> usize {
    if found.len() > FOUND_MAX {
        found.len()
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Lasting;

    fn slot(index: u32, generation: u32) -> Slot {
        Slot { index, generation }
    }

    fn receiver(slot: u32) -> Subscriber {
        Subscriber {
            shard: 0,
            qos: 1,
            flags: 0,
            lasting: Lasting::No,
            slot,
            generation: 1,
            subscription_id: 0,
            group: 0,
        }
    }

    fn recalled(last: &mut LastTopics, publisher: Slot, topic: &str, routes: u64) -> Option<usize> {
        let mut found = Vec::new();
        last.recall(publisher, topic, routes, &mut found)
            .then_some(found.len())
    }

    fn learn(last: &mut LastTopics, publisher: Slot, topic: &str, routes: u64, many: u32) -> bool {
        let wanted = last.wants(publisher, topic, many as usize);
        if wanted {
            let found: Vec<_> = (0..many).map(receiver).collect();
            last.remember(publisher, topic, routes, &found);
        }
        wanted
    }

    #[test]
    fn an_entry_counts_for_its_connection_topic_and_routes_only() {
        let mut last = LastTopics::default();
        let publisher = slot(3, 9);
        assert_eq!(recalled(&mut last, publisher, "a", 1), None);
        assert!(learn(&mut last, publisher, "a", 1, 2));
        assert_eq!(recalled(&mut last, publisher, "a", 1), Some(2));
        assert_eq!(recalled(&mut last, publisher, "b", 1), None);
        assert_eq!(recalled(&mut last, publisher, "a", 2), None);
        assert_eq!(recalled(&mut last, slot(3, 10), "a", 1), None);
        let same_place = slot(3 + PLACES_MAX as u32, 11);
        assert_eq!(recalled(&mut last, same_place, "a", 1), None);
        assert!(learn(&mut last, same_place, "a", 1, 0));
        assert_eq!(recalled(&mut last, publisher, "a", 1), None);
        assert_eq!(recalled(&mut last, same_place, "a", 1), Some(0));
        last.forget_all();
        assert_eq!(recalled(&mut last, same_place, "a", 1), None);
        assert!(!last.wants(Slot::NOBODY, "a", 0));
        assert!(!last.wants(publisher, &"a".repeat(TOPIC_BYTES_MAX + 1), 0));
    }

    #[test]
    fn who_has_many_topics_is_seldom_written_down() {
        let mut last = LastTopics::default();
        let written = (0..800)
            .filter(|n| learn(&mut last, slot(0, 1), &format!("t/{n}"), 1, 1))
            .count();
        assert!((90..120).contains(&written), "{written}");
        // And is found again once it stays at one.
        let tries = (0..20).find(|_| {
            learn(&mut last, slot(0, 1), "t", 1, 1);
            recalled(&mut last, slot(0, 1), "t", 1).is_some()
        });
        assert!(tries.is_some());
    }

    #[test]
    fn receivers_are_bounded_over_all() {
        let mut last = LastTopics::default();
        let many = (MANY_MAX / 4) as u32;
        for n in 0..4 {
            assert!(learn(&mut last, slot(n, 1), "a", 1, many));
        }
        assert!(!learn(&mut last, slot(4, 1), "a", 1, FOUND_MAX as u32 + 1));
        assert!(learn(&mut last, slot(5, 1), "a", 1, FOUND_MAX as u32));
        // One that has many may have as many of another topic, or few.
        assert!(learn(&mut last, slot(0, 1), "b", 1, many));
        assert!(learn(&mut last, slot(0, 1), "c", 1, 1));
        assert!(last.entries[0].found.capacity() <= FOUND_MAX);
        assert!(learn(&mut last, slot(1, 1), "b", 1, FOUND_MAX as u32 + 1));
        assert!(last.entries[1].found.capacity() <= 2 * FOUND_MAX);
        assert!(learn(&mut last, slot(4, 1), "a", 1, FOUND_MAX as u32 + 1));
        for n in 0..6 {
            last.forget(slot(n, 1));
        }
        assert_eq!(last.many, 0);
    }

    #[test]
    fn who_are_too_many_for_a_place_are_seldom_written_down() {
        let mut last = LastTopics::default();
        let written = (0..800)
            .filter(|n| learn(&mut last, slot(0, 1 + n % 6), "t", 1, 1))
            .count();
        assert!((90..120).contains(&written), "{written}");
    }
}
