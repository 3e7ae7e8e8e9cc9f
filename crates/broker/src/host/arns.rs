// SPDX-License-Identifier: Apache-2.0
//! The ARN prefixes of an account's clients, topics and filters, made once and shared.

use std::collections::HashMap;
use std::sync::Arc;

use hw_model::AccountId;
use hw_policy::Action;

/// Prefixes of one account in one region, each up to and with its slash.
#[derive(Debug, PartialEq, Eq)]
pub struct Arns {
    /// `arn:aws:iot:REGION:ACCOUNT:client/`
    pub client: Box<str>,
    /// `arn:aws:iot:REGION:ACCOUNT:topic/`
    pub topic: Box<str>,
    /// `arn:aws:iot:REGION:ACCOUNT:topicfilter/`
    pub filter: Box<str>,
}

impl Arns {
    /// Of an account.
    pub fn new(region: &str, account: AccountId) -> Self {
        let prefix = |kind: &str| format!("arn:aws:iot:{region}:{account}:{kind}/").into();
        Self {
            client: prefix("client"),
            topic: prefix("topic"),
            filter: prefix("topicfilter"),
        }
    }

    /// What an action's resource begins with.
    pub fn of(&self, action: Action) -> &str {
        match action {
            Action::Connect => &self.client,
            Action::Subscribe => &self.filter,
            _ => &self.topic,
        }
    }
}

/// Those of all accounts that a shard has met.
#[derive(Debug, Default)]
pub struct AllArns(HashMap<AccountId, Regions>);

/// Regions of an account: one, as a rule.
type Regions = Vec<(Arc<str>, Arc<Arns>)>;

impl AllArns {
    /// Of an account in a region.
    pub fn of(&mut self, region: &Arc<str>, account: AccountId) -> Arc<Arns> {
        let regions = self.0.entry(account).or_default();
        if let Some((_, arns)) = regions.iter().find(|(known, _)| known == region) {
            return arns.clone();
        }
        let arns = Arc::new(Arns::new(region, account));
        regions.push((region.clone(), arns.clone()));
        arns
    }
}
