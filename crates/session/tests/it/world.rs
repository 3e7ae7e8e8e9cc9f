// SPDX-License-Identifier: Apache-2.0
//! A host that is easy to believe: a list for a tree, rules that name filters.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use hw_model::{AccountId, TraceId, topic};
use hw_session::journal::{Keeping, Note, Owner};
use hw_session::{Ahead, Appended, ConnectFacts, Happening, Host, Inbound, Noted, Now, Retained};
use hw_session::{Life, Moment, PrincipalUse, Subscriber, Ticket, Verdict};

use crate::journal::Journal;

/// Who a connection is.
#[derive(Debug, Clone)]
pub struct Auth {
    pub name: String,
    pub owner: String,
    pub generation: u32,
}

/// What somebody may not.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    pub no_connect: bool,
    pub revoked: Option<String>,
    pub no_publish: Vec<String>,
    pub no_subscribe: Vec<String>,
    pub no_receive: Vec<String>,
}

/// A message that was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    pub client: String,
    pub trace: TraceId,
    pub topic: String,
    pub payload: Vec<u8>,
    pub properties: Vec<u8>,
    pub ticket: u64,
}

/// A change of what is retained.
struct Retaining {
    ticket: u64,
    on_disk: bool,
    key: (AccountId, String),
    message: Option<Arc<Retained>>,
}

#[derive(Default)]
pub struct World {
    pub tree: Vec<(AccountId, String, Subscriber)>,
    /// Counts its changes.
    pub tree_version: u64,
    /// What another shard puts in right after the next look at the tree.
    pub put_in_after: Vec<(AccountId, String, Subscriber)>,
    pub rules: HashMap<String, Rules>,
    pub generation: u32,
    /// Filters of topics that are kept.
    pub keep: Vec<String>,
    pub kept: Vec<Kept>,
    /// The ticket of the batch that is being filled.
    pub ticket: u64,
    /// What was written down about sessions.
    pub log: Journal,
    pub noted: VecDeque<(u64, Noted)>,
    /// What is to be read for sessions.
    pub fetches: Vec<(u64, Vec<u64>)>,
    pub sessions: u64,
    /// By their names.
    pub principals: HashMap<String, Arc<PrincipalUse>>,
    pub groups: Vec<(AccountId, String, String)>,
    pub turns: HashMap<u32, u64>,
    pub retained: BTreeMap<(AccountId, String), Arc<Retained>>,
    /// What changed that, as far as it is on disk or on its way.
    retained_by: Vec<Retaining>,
    /// Whether what is retained needs the disk.
    pub retains_on_disk: bool,
    pub retained_is_full: bool,
    pub events: Vec<String>,
    pub tapped: Vec<String>,
    pub receive_asked: usize,
}

fn any(filters: &[String], name: &str) -> bool {
    filters
        .iter()
        .any(|filter| filter == name || topic::matches(filter, name))
}

fn verdict(denied: bool) -> Verdict {
    if denied {
        Verdict::Denied("not in the policy".into())
    } else {
        Verdict::Allowed
    }
}

impl World {
    pub fn rules_of(&self, auth: &Auth) -> Rules {
        self.rules.get(&auth.name).cloned().unwrap_or_default()
    }

    /// Changes somebody's rules; connections see it at their next refresh.
    pub fn change(&mut self, name: &str, change: impl FnOnce(&mut Rules)) {
        change(self.rules.entry(name.into()).or_default());
        self.generation += 1;
    }

    /// What changed up to that ticket is on disk, or never will be.
    pub fn retained_durable(&mut self, upto: u64, kept: bool) {
        let answered = |it: &Retaining| !it.on_disk && it.ticket <= upto;
        self.retained_by.retain(|it| kept || !answered(it));
        for it in self.retained_by.iter_mut().filter(|it| answered(it)) {
            it.on_disk = true;
        }
    }

    /// What is retained is what was on disk.
    pub fn retained_after_a_crash(&mut self) {
        self.retained_by.retain(|it| it.on_disk);
        self.retained.clear();
        for it in &self.retained_by {
            match &it.message {
                Some(message) => {
                    message.replaced.store(false, Ordering::Release);
                    self.retained.insert(it.key.clone(), message.clone())
                }
                None => self.retained.remove(&it.key),
            };
        }
    }

    /// The events since the last call.
    pub fn news(&mut self) -> Vec<String> {
        std::mem::take(&mut self.events)
    }
}

impl Host for World {
    type Auth = Auth;

    fn connect(&mut self, auth: &mut Auth, facts: &ConnectFacts<'_>) -> Verdict {
        assert!(!facts.client_id.is_empty());
        let rules = self.rules_of(auth);
        let will = facts
            .will_topic
            .is_some_and(|name| any(&rules.no_publish, name));
        verdict(rules.no_connect || will)
    }

    fn publish(&mut self, auth: &mut Auth, topic: &str, _retain: bool) -> Verdict {
        verdict(any(&self.rules_of(auth).no_publish, topic))
    }

    fn subscribe(&mut self, auth: &mut Auth, filter: &str) -> Verdict {
        verdict(any(&self.rules_of(auth).no_subscribe, filter))
    }

    fn receive_ahead(&mut self, auth: &mut Auth, filter: &str) -> Ahead {
        let rules = self.rules_of(auth);
        match rules.no_receive.as_slice() {
            [] => Ahead::Always,
            denied if any(denied, filter) => Ahead::Never,
            _ => Ahead::PerTopic,
        }
    }

    fn receive(&mut self, auth: &mut Auth, topic: &str) -> bool {
        self.receive_asked += 1;
        !any(&self.rules_of(auth).no_receive, topic)
    }

    fn refresh(&mut self, auth: &mut Auth) -> Result<bool, String> {
        if let Some(why) = self.rules_of(auth).revoked {
            return Err(why);
        }
        let before = std::mem::replace(&mut auth.generation, self.generation);
        Ok(before != self.generation)
    }

    fn insert(&mut self, account: AccountId, filter: &str, subscriber: Subscriber) {
        self.tree_version += 1;
        let is_it = |entry: &&mut (AccountId, String, Subscriber)| {
            (entry.0, entry.1.as_str(), entry.2) == (account, filter, subscriber)
        };
        match self.tree.iter_mut().find(is_it) {
            Some((_, _, old)) => *old = subscriber,
            None => self.tree.push((account, filter.into(), subscriber)),
        }
    }

    fn remove(&mut self, account: AccountId, filter: &str, subscriber: &Subscriber) {
        self.tree_version += 1;
        self.tree
            .retain(|(of, at, who)| (*of, at.as_str(), who) != (account, filter, subscriber));
    }

    fn route(&mut self, account: AccountId, name: &str, found: &mut Vec<Subscriber>) {
        let matching = self
            .tree
            .iter()
            .filter(|(of, filter, _)| *of == account && topic::matches(filter, name));
        found.extend(matching.map(|(_, _, subscriber)| *subscriber));
        for (account, filter, subscriber) in std::mem::take(&mut self.put_in_after) {
            self.insert(account, &filter, subscriber);
        }
    }

    fn routes_version(&mut self, _: AccountId) -> u64 {
        self.tree_version
    }

    fn tap(&mut self, auth: &Auth, message: &Inbound<'_>, tap: &Subscriber) {
        self.tapped
            .push(format!("{} {} {}", tap.slot, auth.name, message.topic));
    }

    fn group(&mut self, account: AccountId, share: &str, filter: &str) -> u32 {
        let group = (account, share.to_owned(), filter.to_owned());
        let at = self.groups.iter().position(|known| *known == group);
        let at = at.unwrap_or_else(|| {
            self.groups.push(group);
            self.groups.len() - 1
        });
        at as u32 + 1
    }

    fn turn(&mut self, _account: AccountId, group: u32) -> u64 {
        let turn = self.turns.entry(group).or_default();
        *turn += 1;
        *turn - 1
    }

    fn retain(
        &mut self,
        _: &Auth,
        now: Now,
        message: &Inbound<'_>,
    ) -> Result<Option<Ticket>, String> {
        if self.retained_is_full {
            return Err("no room".into());
        }
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
        let new = (!message.payload.is_empty()).then(|| Arc::new(retained));
        self.retained_by.push(Retaining {
            ticket: self.ticket,
            on_disk: false,
            key: key.clone(),
            message: new.clone(),
        });
        let old = match new {
            Some(new) => self.retained.insert(key, new),
            None => self.retained.remove(&key),
        };
        if let Some(old) = old {
            old.replaced.store(true, Ordering::Release);
        }
        Ok(self.retains_on_disk.then_some(Ticket(self.ticket)))
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

    fn keeps(&mut self, _account: AccountId, topic: &str) -> bool {
        any(&self.keep, topic)
    }

    fn append(&mut self, auth: &Auth, message: &Inbound<'_>, keeping: &Keeping<'_>) -> Appended {
        if keeping.kept {
            self.kept.push(Kept {
                client: auth.name.clone(),
                trace: message.trace,
                topic: message.topic.into(),
                payload: message.payload.into(),
                properties: message.properties.into(),
                ticket: self.ticket,
            });
        }
        let spot = self.log.append(self.ticket, message, keeping);
        Appended {
            ticket: Ticket(self.ticket),
            spot,
        }
    }

    fn owner(&self, auth: &Auth) -> Owner {
        Owner {
            principal: auth.owner.as_str().into(),
            thing: None,
        }
    }

    fn revive(&mut self, _: AccountId, owner: &Owner, client_id: &str) -> Option<Auth> {
        Some(Auth {
            name: client_id.into(),
            owner: owner.principal.to_string(),
            generation: self.generation,
        })
    }

    fn number_session(&mut self) -> u64 {
        self.sessions += 1;
        7 << 32 | self.sessions
    }

    fn note(&mut self, account: AccountId, session: u64, note: &Note<'_>) -> Ticket {
        self.log.note(self.ticket, session, note);
        let noted = Noted::of(account, session, note);
        self.noted.push_back((self.ticket, noted));
        Ticket(self.ticket)
    }

    fn is_writing(&self) -> bool {
        self.log.is_writing(self.ticket)
    }

    fn noted(&mut self, upto: Ticket, notes: &mut Vec<Noted>) {
        // Each shard is told of all: it knows its own.
        let answered = self.noted.iter().filter(|(ticket, _)| *ticket <= upto.0);
        notes.extend(answered.map(|(_, noted)| noted.clone()));
    }

    fn fetch(&mut self, session: u64, places: &[u64]) {
        self.fetches.push((session, places.to_vec()));
    }

    fn server(&mut self, _: AccountId) -> Auth {
        Auth {
            name: "server".into(),
            owner: "server".into(),
            generation: self.generation,
        }
    }

    fn life(&self, auth: &Auth, life: &Life<'_>) -> Vec<u8> {
        let what = match life.what {
            Moment::Disconnected { version, why } => format!("{version} {}", why.reason()),
            Moment::Connected { version } => version.to_string(),
            Moment::ConnectFailed => String::new(),
            Moment::Subscribed(topics) | Moment::Unsubscribed(topics) => topics.join(","),
        };
        format!("{} {what}", auth.owner).into_bytes()
    }

    fn principal_use(&mut self, auth: &Auth, _: Now) -> Arc<PrincipalUse> {
        self.principals
            .entry(auth.owner.clone())
            .or_default()
            .clone()
    }

    fn happened_away(&mut self, _: AccountId, owner: &Owner, client_id: &str, it: Happening) {
        let auth = Auth {
            name: client_id.into(),
            owner: owner.principal.to_string(),
            generation: 0,
        };
        self.happened(&auth, it);
    }

    fn happened(&mut self, auth: &Auth, it: Happening) {
        let Happening {
            kind,
            outcome,
            cause,
            topic,
            count,
            ..
        } = it;
        let topic = topic.map(|topic| format!(" [{topic}]")).unwrap_or_default();
        let times = if count > 1 {
            format!(" ×{count}")
        } else {
            String::new()
        };
        self.events.push(format!(
            "{} {kind} {outcome}: {cause}{topic}{times}",
            auth.name
        ));
    }
}
