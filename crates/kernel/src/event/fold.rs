// SPDX-License-Identifier: Apache-2.0
//! Folding of repeated events: the first of its kind, cause and principal (or address) passes at
//! once, repeats within the minute are counted, and their count follows as one more event.
//!
//! Causes and the names of unknown peers can be made up, so the different events of one source are
//! bounded, and so are those of one account: nobody can silence another.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use hw_model::AccountId;

use crate::event::Event;

/// How long repeats of an event are counted before their count is written.
pub const FOLD_SPAN: Duration = Duration::from_secs(60);

/// Most different refusals of a source (a principal, or the address of an unknown peer) that are
/// counted apart; those beyond are counted by kind.
pub const SOURCE_KEYS_MAX: usize = 100;

/// Most different events of an account that are counted at once; beyond it, one event stands for
/// the rest.
pub const ACCOUNT_KEYS_MAX: usize = 10_000;

/// With so many of all accounts, an account may have only [`SOURCE_KEYS_MAX`].
pub const FOLD_KEYS_MAX: usize = 50_000;

#[derive(Clone, PartialEq, Eq, Hash)]
struct Source {
    account: AccountId,
    claimed: bool,
    who: String,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    source: Source,
    kind: String,
    /// Empty: all that are too many.
    cause: String,
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
    /// Different events that are counted now.
    of_source: HashMap<Source, usize>,
    of_account: HashMap<Budget, usize>,
    overflow: HashMap<AccountId, u64>,
}

/// Whose room an event takes: an account's own, or that of unknown peers who knock at it.
type Budget = (AccountId, bool);

impl Source {
    fn of(event: &Event) -> Self {
        let principal = event.principal.as_deref();
        let address = event.address.as_deref();
        let network = || address.map(network);
        let principal = || principal.map(str::to_owned);
        let who = if event.claimed {
            network().or_else(principal)
        } else {
            principal().or_else(network)
        };
        Self {
            account: event.account,
            claimed: event.claimed,
            who: who.unwrap_or_default(),
        }
    }

    fn budget(&self) -> Budget {
        (self.account, self.claimed)
    }
}

/// An address as far as it is somebody's own: a host has a whole /64 of IPv6.
fn network(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(ip)) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        _ => address.to_owned(),
    }
}

impl Fold {
    /// Takes an event in at monotonic time `now`: gives it back if it is the first of its kind.
    pub fn take(&mut self, event: Event, now: Duration) -> Option<Event> {
        let mut key = Key {
            source: Source::of(&event),
            kind: event.kind.clone(),
            cause: event.cause.clone(),
        };
        if !self.repeats.contains_key(&key) && self.is_too_much(&key.source, &event) {
            key.cause = String::new();
        }
        if let Some(repeats) = self.repeats.get_mut(&key) {
            repeats.count += event.count;
            repeats.latest = event;
            return None;
        }
        let account = event.account;
        let of_account = self.of_account.entry(key.source.budget()).or_default();
        let most = if self.repeats.len() < FOLD_KEYS_MAX {
            ACCOUNT_KEYS_MAX
        } else {
            SOURCE_KEYS_MAX
        };
        if *of_account >= most {
            *self.overflow.entry(account).or_default() += event.count;
            return None;
        }
        *of_account += 1;
        *self.of_source.entry(key.source.clone()).or_default() += 1;
        let repeats = Repeats {
            until: now + FOLD_SPAN,
            latest: event.clone(),
            count: 0,
        };
        self.repeats.insert(key, repeats);
        Some(event)
    }

    /// What was done is what people look for later, and only who may do it can cause it.
    fn is_too_much(&self, source: &Source, event: &Event) -> bool {
        let different = self.of_source.get(source).copied().unwrap_or(0);
        event.outcome != "ok" && different >= SOURCE_KEYS_MAX
    }

    /// The counts whose minute is over at `now` (all of them if `closing`).
    pub fn due(&mut self, now: Duration, closing: bool) -> Vec<Event> {
        let mut due = Vec::new();
        let (of_source, of_account) = (&mut self.of_source, &mut self.of_account);
        self.repeats.retain(|key, repeats| {
            let over = closing || repeats.until <= now;
            if over {
                less(of_source, &key.source);
                less(of_account, &key.source.budget());
            }
            if over && repeats.count > 0 {
                due.push(Event {
                    count: repeats.count,
                    ..repeats.latest.clone()
                });
            }
            !over
        });
        for (account, count) in self.overflow.drain() {
            let cause = format!("more than {ACCOUNT_KEYS_MAX} different events in a minute");
            let mut event = Event::new(account, "events", "dropped", cause);
            event.count = count;
            due.push(event);
        }
        due
    }
}

fn less<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
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

    const MANY: usize = ACCOUNT_KEYS_MAX + 5;

    fn refused(account: AccountId, who: &str, cause: &str) -> Event {
        let mut event = Event::new(account, "connect", "refused", cause);
        event.principal = Some(who.to_owned());
        event.address = Some("192.0.2.7".to_owned());
        event
    }

    fn passed(fold: &mut Fold, events: impl Iterator<Item = Event>) -> usize {
        events
            .filter_map(|event| fold.take(event, Duration::ZERO))
            .count()
    }

    #[test]
    fn an_account_is_bounded_and_harms_no_other() {
        let mut fold = Fold::default();
        let flood = |account| (0..MANY).map(move |n| refused(account, &n.to_string(), "no"));
        assert_eq!(passed(&mut fold, flood(AccountId::FIRST)), ACCOUNT_KEYS_MAX);
        let other = refused(AccountId::MAX, "a", "no");
        assert!(fold.take(other, Duration::ZERO).is_some());
        let due = fold.due(Duration::ZERO, false);
        let told: Vec<_> = due.iter().map(|it| (it.account, it.count)).collect();
        assert_eq!(told, [(AccountId::FIRST, 5)]);
        fold.due(FOLD_SPAN, false);
        assert_eq!(
            passed(&mut fold, flood(AccountId::FIRST)),
            ACCOUNT_KEYS_MAX,
            "a new minute begins"
        );
    }

    #[test]
    fn strangers_have_room_of_their_own() {
        let mut fold = Fold::default();
        let stranger = |n: usize| Event {
            claimed: true,
            address: Some(format!("198.51.{}.{}", n / 250, n % 250)),
            ..refused(AccountId::FIRST, "x", "certificate unknown")
        };
        assert_eq!(passed(&mut fold, (0..MANY).map(stranger)), ACCOUNT_KEYS_MAX);
        let own = refused(AccountId::FIRST, "meter", "no");
        assert!(fold.take(own, Duration::ZERO).is_some());
    }

    #[test]
    fn a_source_is_bounded() {
        let (first, at_most) = (AccountId::FIRST, SOURCE_KEYS_MAX + 1);
        let mut fold = Fold::default();
        let made_up = |n: usize| refused(first, "a", &format!("may not GET /{n}"));
        assert_eq!(passed(&mut fold, (0..MANY).map(made_up)), at_most);
        let due = fold.due(FOLD_SPAN, false);
        let told: Vec<_> = due.iter().map(|it| (&*it.cause, it.count)).collect();
        let last = format!("may not GET /{}", MANY - 1);
        assert_eq!(told, [(&*last, (MANY - at_most) as u64)]);

        // An unknown peer's name is not its own.
        let claims = |n: usize| Event {
            claimed: true,
            ..refused(first, &n.to_string(), "certificate unknown")
        };
        assert_eq!(passed(&mut fold, (0..MANY).map(claims)), 1);
        let moves = |n: usize| Event {
            address: Some(format!("2001:db8::{n:x}")),
            ..claims(n)
        };
        assert_eq!(passed(&mut fold, (0..MANY).map(moves)), 1, "one network");
        let done = |n: usize| Event {
            outcome: "ok".into(),
            ..made_up(n)
        };
        assert_eq!(passed(&mut fold, (0..1_000).map(done)), 1_000);
    }
}
