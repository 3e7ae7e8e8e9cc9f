// SPDX-License-Identifier: Apache-2.0
//! A host for the session machine that allows everything and keeps the topics below `k/`.

use hw_model::AccountId;
use hw_model::tree::Tree;
use hw_session::{Ahead, ConnectFacts, Happening, Host, Inbound, Subscriber, Ticket, Verdict};

/// The number of accounts it knows.
pub const ACCOUNTS: usize = 2;

/// What the machine did to the world.
#[derive(Default)]
pub struct OpenHost {
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
}

/// The account with that index.
pub fn account(index: usize) -> AccountId {
    [AccountId::FIRST, AccountId::MAX][index]
}

impl OpenHost {
    fn tree(&mut self, account: AccountId) -> &mut Tree<Subscriber> {
        &mut self.trees[usize::from(account == AccountId::MAX)]
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
        self.tree(account).insert(filter, subscriber);
    }

    fn remove(&mut self, account: AccountId, filter: &str, subscriber: &Subscriber) {
        assert!(
            self.tree(account).remove(filter, subscriber),
            "{filter:?} was not there"
        );
    }

    fn route(&mut self, account: AccountId, topic: &str, found: &mut Vec<Subscriber>) {
        self.tree(account)
            .matches(topic, &mut |list| found.extend_from_slice(list));
    }

    fn tap(&mut self, _: &(), _: &Inbound<'_>, _: &Subscriber) {
        unreachable!("no tap was opened");
    }

    fn keeps(&mut self, _: AccountId, topic: &str) -> bool {
        topic.starts_with("k/")
    }

    fn append(&mut self, _: &(), _: &Inbound<'_>) -> Ticket {
        self.kept += 1;
        Ticket(self.ticket)
    }

    fn happened(&mut self, _: &(), it: Happening) {
        assert!(!it.cause.is_empty());
        let topic = it.topic.unwrap_or_default();
        self.events
            .push(format!("{} {} {} {topic}", it.kind, it.outcome, it.cause));
    }
}
