// SPDX-License-Identifier: Apache-2.0
//! Policy decisions, remembered: connections whose resolved policies say the same share them. A
//! topic that was asked for before costs one hash look-up.

use std::collections::HashMap;
use std::sync::Arc;

use hw_model::AccountId;
use hw_policy::{Action, Ahead, Effect, Resolved, Why};
use parking_lot::Mutex;

use super::arns::{AllArns, Arns};
use super::auth::Auth;
use super::context::context;

/// Bytes of a remembered topic beside its text: entry, allocation, the table's slack.
const ENTRY_BYTES: usize = 64;

/// What tells sets apart: equal content decides differently in another account or region.
type Key = (u128, AccountId, Arc<str>);

/// One shard's resolved policy sets and what they have decided.
pub struct Decisions {
    sets: Vec<Option<Set>>,
    free: Vec<u32>,
    places: HashMap<Key, u32, foldhash::fast::RandomState>,
    arns: AllArns,
    let_go: Arc<Mutex<Vec<u32>>>,
    bytes: usize,
    bytes_max: usize,
    emptied: u64,
}

struct Set {
    key: Key,
    resolved: Resolved,
    arns: Arc<Arns>,
    holders: usize,
    topics: HashMap<Box<str>, Known, foldhash::fast::RandomState>,
    bytes: usize,
}

/// What is known of a topic: a bit for each action that was decided, and for each that is allowed.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    decided: u8,
    allowed: u8,
}

/// A connection's hold on its set; dropping it lets go.
pub struct SetHandle {
    place: u32,
    let_go: Arc<Mutex<Vec<u32>>>,
}

impl Drop for SetHandle {
    fn drop(&mut self) {
        self.let_go.lock().push(self.place);
    }
}

impl Decisions {
    /// No sets, and at most about so many bytes of remembered decisions.
    pub fn new(bytes_max: usize) -> Self {
        Self {
            sets: Vec::new(),
            free: Vec::new(),
            places: HashMap::default(),
            arns: AllArns::default(),
            let_go: Arc::default(),
            bytes: 0,
            bytes_max,
            emptied: 0,
        }
    }

    /// Resolves a connection's policies as its principal stands now.
    pub fn resolve(&mut self, auth: &mut Auth) {
        let principal = &auth.principal;
        let arns = self.arns.of(&principal.region, principal.account);
        let policies = principal.policies_for(&auth.client_id);
        let resolved = policies.resolve(&context(auth, &arns));
        let key = (
            resolved.fingerprint(),
            principal.account,
            principal.region.clone(),
        );
        let place = match self.places.get(&key) {
            Some(place) => *place,
            None => self.add(key, resolved, arns),
        };
        if let Some(Some(set)) = self.sets.get_mut(place as usize) {
            set.holders += 1;
        }
        auth.set = Some(SetHandle {
            place,
            let_go: self.let_go.clone(),
        });
    }

    /// Forgets sets that nobody holds any more.
    pub fn let_go(&mut self) {
        let mut gone = self.let_go.lock();
        for place in gone.drain(..) {
            let Some(slot) = self.sets.get_mut(place as usize) else {
                continue;
            };
            let Some(set) = slot else { continue };
            set.holders -= 1;
            if set.holders == 0 {
                self.bytes -= set.bytes;
                self.places.remove(&set.key);
                *slot = None;
                self.free.push(place);
            }
        }
    }

    /// Decides without remembering.
    pub fn decide(&self, auth: &Auth, action: Action, name: &str) -> bool {
        self.set_of(auth).is_some_and(|set| {
            set.resolved
                .decide(action, set.arns.of(action), name)
                .is_allowed()
        })
    }

    /// Decides about a topic, by memory if it can.
    #[inline]
    pub fn decide_topic(&mut self, auth: &Auth, action: Action, topic: &str) -> bool {
        let Some(Some(set)) = auth
            .set
            .as_ref()
            .and_then(|handle| self.sets.get_mut(handle.place as usize))
        else {
            return false;
        };
        let bit = bit(action);
        if let Some(known) = set.topics.get(topic)
            && known.decided & bit != 0
        {
            return known.allowed & bit != 0;
        }
        let allowed = set
            .resolved
            .decide(action, &set.arns.topic, topic)
            .is_allowed();
        let added = set.remember(topic, bit, allowed);
        self.bytes += added;
        if self.bytes > self.bytes_max {
            self.empty();
        }
        allowed
    }

    /// `iot:Receive` for all topics of a filter at once.
    pub fn receive_ahead(&self, auth: &Auth, filter: &str) -> Ahead {
        self.set_of(auth).map_or(Ahead::Never, |set| {
            set.resolved.receive_over_filter(&set.arns.topic, filter)
        })
    }

    /// Why it was decided so, naming policy and statement. Resolves the connection's own policies:
    /// those that share its set may be called otherwise.
    pub fn explain(&mut self, auth: &Auth, action: Action, name: &str) -> String {
        self.why(auth, action, name).1.to_string()
    }

    /// The same with the decision and the statement.
    pub fn why(&mut self, auth: &Auth, action: Action, name: &str) -> (Effect, Why) {
        let principal = &auth.principal;
        let arns = self.arns.of(&principal.region, principal.account);
        let policies = principal.policies_for(&auth.client_id);
        let resolved = policies.resolve(&context(auth, &arns));
        let prefix = arns.of(action);
        let effect = resolved.decide(action, prefix, name);
        (effect, resolved.explain(action, prefix, name))
    }

    /// Times that all memory was emptied because it was full.
    pub fn emptied(&self) -> u64 {
        self.emptied
    }

    fn set_of(&self, auth: &Auth) -> Option<&Set> {
        self.sets.get(auth.set.as_ref()?.place as usize)?.as_ref()
    }

    fn add(&mut self, key: Key, resolved: Resolved, arns: Arc<Arns>) -> u32 {
        let topics = HashMap::default();
        let set = Set {
            key: key.clone(),
            resolved,
            arns,
            holders: 0,
            topics,
            bytes: 0,
        };
        let place = match self.free.pop() {
            Some(place) => {
                self.sets[place as usize] = Some(set);
                place
            }
            None => {
                self.sets.push(Some(set));
                (self.sets.len() - 1) as u32
            }
        };
        self.places.insert(key, place);
        place
    }

    #[cold]
    fn empty(&mut self) {
        for set in self.sets.iter_mut().flatten() {
            set.topics = HashMap::default();
            set.bytes = 0;
        }
        self.bytes = 0;
        self.emptied += 1;
    }
}

impl Set {
    /// Says how many bytes that took.
    fn remember(&mut self, topic: &str, bit: u8, allowed: bool) -> usize {
        let mut added = 0;
        if !self.topics.contains_key(topic) {
            added = topic.len() + ENTRY_BYTES;
            self.bytes += added;
            self.topics.insert(topic.into(), Known::default());
        }
        if let Some(known) = self.topics.get_mut(topic) {
            known.decided |= bit;
            known.allowed |= if allowed { bit } else { 0 };
        }
        added
    }
}

/// Only actions on topics are remembered.
fn bit(action: Action) -> u8 {
    match action {
        Action::Publish => 1,
        Action::RetainPublish => 2,
        _ => 4,
    }
}

#[cfg(test)]
mod tests;
