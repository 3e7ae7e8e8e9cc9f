// SPDX-License-Identifier: Apache-2.0
//! Sessions that outlive their connections, and those that are written down for their will.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hw_model::{AccountId, Timestamp};

use crate::connection::Subscription;
use crate::exactly::Exactly;
use crate::flags::Permits;
use crate::inflight::Inflight;
use crate::journal::{NEVER_EXPIRES, Owner};
use crate::owed::Outgoing;
use crate::will::Will;
use crate::{Now, Slot};

type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// A session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) number: u64,
    pub(crate) account: AccountId,
    pub(crate) client_id: Arc<str>,
    pub(crate) owner: Owner,
    /// [`NEVER_EXPIRES`] is never, 0 with the connection.
    pub(crate) expiry_seconds: u32,
    /// Of MQTT 5; `None`: it is of another run of the server, and nobody knows.
    pub(crate) is_of_5: Option<bool>,
    pub(crate) link: Link,
}

/// Where a session's state is.
#[derive(Debug)]
pub(crate) enum Link {
    /// In the connection that it has.
    Here(Slot),
    /// It has none.
    Away(Box<Away>),
}

/// The state of a session without a connection.
#[derive(Debug)]
pub(crate) struct Away {
    pub(crate) since: Timestamp,
    /// When it ends; `None` never.
    pub(crate) expires: Option<Duration>,
    /// Those of its last connection: what was known under them may still be on its way.
    pub(crate) permits: Permits,
    pub(crate) subscriptions: Vec<Subscription>,
    pub(crate) inflight: Inflight,
    pub(crate) exactly: Exactly,
    pub(crate) outgoing: Box<Outgoing>,
    /// What is still to be published, and when.
    pub(crate) will: Option<(Duration, Box<Will>)>,
}

impl Away {
    /// Nothing but a will, which is due then.
    pub(crate) fn for_will(since: Timestamp, number: u64, due: Duration, will: Box<Will>) -> Self {
        Self {
            since,
            expires: Some(due),
            permits: Permits::default(),
            subscriptions: Vec::new(),
            inflight: Inflight::default(),
            exactly: Exactly::default(),
            outgoing: Box::new(Outgoing::of(number)),
            will: Some((due, will)),
        }
    }

    /// When it must be looked at.
    pub(crate) fn due(&self) -> Option<Duration> {
        let will = self.will.as_ref().map(|(due, _)| *due);
        [self.expires, will].into_iter().flatten().min()
    }
}

/// When a session ends that lost its connection now.
pub(crate) fn expiry(now: Now, seconds: u32) -> Option<Duration> {
    (seconds != NEVER_EXPIRES).then(|| now.monotonic + Duration::from_secs(u64::from(seconds)))
}

/// All of a shard.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    sessions: Map<u64, Session>,
    names: Map<AccountId, Map<Arc<str>, u64>>,
}

impl Sessions {
    pub(crate) fn len(&self) -> usize {
        self.sessions.len()
    }

    pub(crate) fn number(&self, account: AccountId, client_id: &str) -> Option<u64> {
        self.names.get(&account)?.get(client_id).copied()
    }

    pub(crate) fn get(&self, number: u64) -> Option<&Session> {
        self.sessions.get(&number)
    }

    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut Session> {
        self.sessions.get_mut(&number)
    }

    pub(crate) fn insert(&mut self, session: Session) {
        let names = self.names.entry(session.account).or_default();
        names.insert(session.client_id.clone(), session.number);
        self.sessions.insert(session.number, session);
    }

    pub(crate) fn remove(&mut self, number: u64) -> Option<Session> {
        let session = self.sessions.remove(&number)?;
        if let Some(names) = self.names.get_mut(&session.account) {
            if names.get(&session.client_id) == Some(&number) {
                names.remove(&session.client_id);
            }
            if names.is_empty() {
                self.names.remove(&session.account);
            }
        }
        Some(session)
    }

    /// Those of an account.
    pub(crate) fn of(&self, account: AccountId) -> impl Iterator<Item = &Session> {
        let numbers = self.names.get(&account).into_iter();
        let numbers = numbers.flat_map(|names| names.values());
        numbers.filter_map(|number| self.sessions.get(number))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values()
    }
}
