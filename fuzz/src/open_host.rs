// SPDX-License-Identifier: Apache-2.0
//! A host for the session machine that allows everything and keeps the topics below `k/`.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use hw_model::tree::Tree;
use hw_model::{AccountId, Timestamp, topic};
use hw_session::journal::{Found, FoundMessage, Keeping, Note, Owner, Recipient};
use hw_session::{Ahead, Appended, ConnectFacts, Happening, Host, Inbound, Noted, Now, Retained};
use hw_session::{Life, PrincipalUse, Subscriber, Ticket, Verdict};

/// The number of accounts it knows.
pub const ACCOUNTS: usize = 2;

/// What the machine did to the world.
#[derive(Default)]
pub struct OpenHost {
    /// Counts the changes of the trees.
    versions: u64,
    /// All are one.
    principal: Arc<PrincipalUse>,
    /// Subscriptions of each account.
    pub trees: [Tree<Subscriber>; ACCOUNTS],
    /// The batch of the Log that is being filled.
    pub ticket: u64,
    /// Messages kept.
    pub kept: u64,
    /// Events, in words.
    pub events: Vec<String>,
    /// Whether the next refresh finds a change.
    pub changed: bool,
    /// Owed messages, by their places.
    owed: HashMap<u64, (FoundMessage, Vec<Recipient>)>,
    places: u64,
    sessions: u64,
    groups: Vec<(AccountId, String, String)>,
    turns: u64,
    retained: BTreeMap<(AccountId, String), Arc<Retained>>,
    noted: VecDeque<(u64, Noted)>,
    /// What sessions want read.
    pub fetches: Vec<(u64, Vec<u64>)>,
}

/// The account with that index.
pub fn account(index: usize) -> AccountId {
    [AccountId::FIRST, AccountId::MAX][index]
}

impl OpenHost {
    fn tree(&mut self, account: AccountId) -> &mut Tree<Subscriber> {
        &mut self.trees[usize::from(account == AccountId::MAX)]
    }

    /// Reads what a session asked for.
    pub fn read(&self, session: u64, places: &[u64]) -> Vec<Found> {
        let find = |place: &u64| {
            let (message, recipients) = self.owed.get(place)?;
            let mine = recipients.iter().find(|it| it.session == session)?;
            Some(FoundMessage {
                qos: mine.qos,
                retain: mine.retain,
                subscription_ids: mine.subscription_ids.clone(),
                ..message.clone()
            })
        };
        let found = |place: &u64| Found {
            place: *place,
            message: find(place),
        };
        places.iter().map(found).collect()
    }
}

impl Host for OpenHost {
    type Auth = ();

    fn connect(&mut self, _: &mut (), facts: &ConnectFacts<'_>) -> Verdict {
        assert!(!facts.client_id.is_empty());
        Verdict::Allowed
    }

    fn publish(&mut self, _: &mut (), topic: &str, _: bool) -> Verdict {
        assert!(hw_model::topic::check_name(topic).is_ok(), "{topic:?}");
        Verdict::Allowed
    }

    fn subscribe(&mut self, _: &mut (), filter: &str) -> Verdict {
        assert!(!filter.is_empty());
        Verdict::Allowed
    }

    fn receive_ahead(&mut self, _: &mut (), filter: &str) -> Ahead {
        match filter.len() % 4 {
            0 => Ahead::PerTopic,
            _ => Ahead::Always,
        }
    }

    fn receive(&mut self, _: &mut (), _: &str) -> bool {
        true
    }

    fn refresh(&mut self, _: &mut ()) -> Result<bool, String> {
        Ok(self.changed)
    }

    fn insert(&mut self, account: AccountId, filter: &str, subscriber: Subscriber) {
        assert!(hw_model::topic::check_filter(filter).is_ok(), "{filter:?}");
        self.versions += 1;
        self.tree(account).insert(filter, subscriber);
    }

    fn remove(&mut self, account: AccountId, filter: &str, subscriber: &Subscriber) {
        self.versions += 1;
        assert!(
            self.tree(account).remove(filter, subscriber),
            "{filter:?} was not there"
        );
    }

    fn route(&mut self, account: AccountId, topic: &str, found: &mut Vec<Subscriber>) {
        self.tree(account)
            .matches(topic, &mut |list| found.extend_from_slice(list));
    }

    fn routes_version(&mut self, _: AccountId) -> u64 {
        self.versions
    }

    fn tap(&mut self, _: &(), _: &Inbound<'_>, _: &Subscriber) {
        unreachable!("no tap was opened");
    }

    fn keeps(&mut self, _: AccountId, topic: &str) -> bool {
        topic.starts_with("k/")
    }

    fn append(&mut self, _: &(), message: &Inbound<'_>, keeping: &Keeping<'_>) -> Appended {
        assert!(!keeping.is_nothing());
        self.kept += u64::from(keeping.kept);
        self.places += 1;
        let stored = FoundMessage {
            trace: message.trace,
            time: Timestamp(0),
            topic: message.topic.into(),
            properties: message.properties.into(),
            payload: message.payload.into(),
            qos: 0,
            retain: false,
            subscription_ids: Vec::new(),
        };
        if !keeping.owed.is_empty() {
            self.owed
                .insert(self.places, (stored, keeping.owed.to_vec()));
        }
        Appended {
            ticket: Ticket(self.ticket),
            spot: self.places,
        }
    }

    fn owner(&self, _: &()) -> Owner {
        Owner::default()
    }

    fn revive(&mut self, _: AccountId, _: &Owner, _: &str) -> Option<()> {
        Some(())
    }

    fn number_session(&mut self) -> u64 {
        self.sessions += 1;
        self.sessions
    }

    fn note(&mut self, account: AccountId, session: u64, note: &Note<'_>) -> Ticket {
        let noted = Noted::of(account, session, note);
        self.noted.push_back((self.ticket, noted));
        Ticket(self.ticket)
    }

    fn is_writing(&self) -> bool {
        false
    }

    fn noted(&mut self, upto: Ticket, notes: &mut Vec<Noted>) {
        while let Some((_, noted)) = self.noted.pop_front_if(|(ticket, _)| *ticket <= upto.0) {
            notes.push(noted);
        }
    }

    fn fetch(&mut self, session: u64, places: &[u64]) {
        self.fetches.push((session, places.to_vec()));
    }

    fn group(&mut self, account: AccountId, share: &str, filter: &str) -> u32 {
        let group = (account, share.to_owned(), filter.to_owned());
        let known = self.groups.iter().position(|it| *it == group);
        let at = known.unwrap_or_else(|| {
            self.groups.push(group);
            self.groups.len() - 1
        });
        at as u32 + 1
    }

    fn turn(&mut self, _: AccountId, _: u32) -> u64 {
        self.turns += 1;
        self.turns
    }

    fn retain(
        &mut self,
        _: &(),
        now: Now,
        message: &Inbound<'_>,
    ) -> Result<Option<Ticket>, String> {
        let key = (AccountId::FIRST, message.topic.to_owned());
        let retained = Retained {
            topic: message.topic.into(),
            payload: message.payload.into(),
            properties: message.properties.into(),
            qos: message.qos,
            trace: message.trace,
            since: now.wall,
            replaced: false.into(),
        };
        let old = match message.payload {
            [] => self.retained.remove(&key),
            _ => self.retained.insert(key, Arc::new(retained)),
        };
        if let Some(old) = old {
            old.replaced.store(true, Ordering::Release);
        }
        Ok(None)
    }

    fn retained(
        &mut self,
        account: AccountId,
        now: Now,
        filter: &str,
        found: &mut Vec<Arc<Retained>>,
    ) {
        let all = self.retained.iter();
        let matching = all.filter(|((of, name), it)| {
            *of == account && topic::matches(filter, name) && it.holds(now.wall)
        });
        found.extend(matching.map(|(_, it)| it.clone()));
    }

    fn server(&mut self, _: AccountId) {}

    fn life(&self, _: &(), life: &Life<'_>) -> Vec<u8> {
        assert!(!life.client_id.contains(['#', '+']));
        life.session.to_string().into_bytes()
    }

    fn principal_use(&mut self, (): &(), _: Now) -> Arc<PrincipalUse> {
        self.principal.clone()
    }

    fn happened_away(&mut self, _: AccountId, _: &Owner, _: &str, it: Happening) {
        self.happened(&(), it);
    }

    fn happened(&mut self, _: &(), it: Happening) {
        assert!(!it.cause.is_empty());
        let topic = it.topic.unwrap_or_default();
        self.events
            .push(format!("{} {} {} {topic}", it.kind, it.outcome, it.cause));
    }
}
