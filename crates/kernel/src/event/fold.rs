// SPDX-License-Identifier: Apache-2.0
//! Folding of repeated events: the first of its kind, cause and principal (or address) passes at
//! once, repeats within the minute are counted, and their count follows as one more event.

use std::collections::HashMap;
use std::time::Duration;

use hw_model::AccountId;

use crate::event::Event;

/// How long repeats of an event are counted before their count is written.
pub const FOLD_SPAN: Duration = Duration::from_secs(60);

/// Most different events that are counted at once; beyond it, one event stands for the rest.
pub const FOLD_KEYS_MAX: usize = 10_000;

#[derive(PartialEq, Eq, Hash)]
struct Key {
    account: AccountId,
    kind: String,
    cause: String,
    who: String,
}

struct Repeats {
    until: Duration,
    latest: Event,
    count: u64,
}

/// The counters. Pure: time comes in as an argument.
#[derive(Default)]
pub struct Fold {
    repeats: HashMap<Key, Repeats>,
    overflow: u64,
}

impl Fold {
    /// Takes an event in at monotonic time `now`: gives it back if it is the first of its kind.
    pub fn take(&mut self, event: Event, now: Duration) -> Option<Event> {
        let who = event
            .principal
            .as_deref()
            .or(event.address.as_deref())
            .unwrap_or("");
        let key = Key {
            account: event.account,
            kind: event.kind.clone(),
            cause: event.cause.clone(),
            who: who.to_owned(),
        };
        if let Some(repeats) = self.repeats.get_mut(&key) {
            repeats.count += event.count;
            repeats.latest = event;
            return None;
        }
        if self.repeats.len() >= FOLD_KEYS_MAX {
            self.overflow += event.count;
            return None;
        }
        let until = now + FOLD_SPAN;
        self.repeats.insert(
            key,
            Repeats {
                until,
                latest: event.clone(),
                count: 0,
            },
        );
        Some(event)
    }

    /// The counts whose minute is over at `now` (all of them if `closing`).
    pub fn due(&mut self, now: Duration, closing: bool) -> Vec<Event> {
        let mut due = Vec::new();
        self.repeats.retain(|_, repeats| {
            let over = closing || repeats.until <= now;
            if over && repeats.count > 0 {
                due.push(Event {
                    count: repeats.count,
                    ..repeats.latest.clone()
                });
            }
            !over
        });
        if self.overflow > 0 {
            let cause = format!("more than {FOLD_KEYS_MAX} different events in a minute");
            let mut event = Event::new(AccountId::FIRST, "events", "dropped", cause);
            event.count = std::mem::take(&mut self.overflow);
            due.push(event);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_passes_and_repeats_are_counted() {
        let mut fold = Fold::default();
        let event = |cause: &str| Event::new(AccountId::FIRST, "connect", "refused", cause);
        let at = Duration::from_secs;
        assert!(fold.take(event("a"), at(0)).is_some());
        assert!(fold.take(event("b"), at(0)).is_some());
        assert!(fold.take(event("a"), at(1)).is_none() && fold.take(event("a"), at(2)).is_none());
        assert!(fold.due(at(59), false).is_empty());
        let due = fold.due(at(60), false);
        assert_eq!(
            due.iter()
                .map(|e| (e.cause.as_str(), e.count))
                .collect::<Vec<_>>(),
            [("a", 2)]
        );
        assert!(
            fold.take(event("a"), at(61)).is_some(),
            "a new minute begins"
        );
    }

    #[test]
    fn keys_are_bounded() {
        let mut fold = Fold::default();
        let passed = (0..FOLD_KEYS_MAX + 5).filter(|n| {
            let event = Event::new(AccountId::FIRST, "connect", "refused", n.to_string());
            fold.take(event, Duration::ZERO).is_some()
        });
        assert_eq!(passed.count(), FOLD_KEYS_MAX);
        assert_eq!(fold.due(Duration::ZERO, false)[0].count, 5);
    }
}
