// SPDX-License-Identifier: Apache-2.0
//! Says why a decision is as it is. Off the hot path: called for refusals and by people.

use crate::limits::NEAR_MISSES_MAX;
use crate::resolved::{Dropped, Live, Resolved};
use crate::set::At;
use crate::statement::StatementEffect;
use crate::{Action, Version, Why};

impl Resolved {
    /// Why [`Resolved::decide`] says what it says.
    pub fn explain(&self, action: Action, arn_prefix: &str, name: &str) -> Why {
        self.explain_named(action.as_str(), arn_prefix, name)
    }

    /// As [`Resolved::explain`], for any action by its text.
    pub fn explain_named(&self, action: &str, arn_prefix: &str, name: &str) -> Why {
        let applies = |live: &&Live| self.applies(live, action, arn_prefix, name);
        if let Some(live) = self.denies.iter().find(applies) {
            return self.decided_by(live.at, "denies", action, arn_prefix, name);
        }
        if let Some(live) = self.allows.iter().find(applies) {
            return self.decided_by(live.at, "allows", action, arn_prefix, name);
        }
        Why::new(None, self.why_nothing_applies(action, arn_prefix, name))
    }

    fn decided_by(&self, at: At, verb: &str, action: &str, prefix: &str, name: &str) -> Why {
        let statement = self.set.name_of(at);
        let text = format!("{statement} {verb} {action} on {prefix}{name}");
        Why::new(Some(statement), text)
    }

    fn why_nothing_applies(&self, action: &str, prefix: &str, name: &str) -> String {
        if self.set.is_empty() {
            return "no policy is attached".into();
        }
        let speaks = |at: At| self.set.statement(at).actions.contains(action);
        let live = self.allows.iter().filter(|live| speaks(live.at));
        let live = live.map(|live| self.near_miss(live, action));
        let dropped = self.dropped.iter().filter(|dropped| speaks(dropped.at));
        let dropped = dropped.map(|dropped| self.condition_failed(dropped, action));
        let mut misses = live.chain(dropped);
        let told: Vec<String> = misses.by_ref().take(NEAR_MISSES_MAX).collect();
        if told.is_empty() {
            return self.no_allow_for(action);
        }
        let more = match misses.count() {
            0 => String::new(),
            more => format!("; and {more} more Allow statements likewise"),
        };
        format!(
            "no Allow applies to {action} on {prefix}{name}: {}{more}",
            told.join("; ")
        )
    }

    /// An Allow for the action whose resources do not hold the one asked for.
    fn near_miss(&self, live: &Live, action: &str) -> String {
        let resources = self.set.statement(live.at).resources.describe();
        let mut text = format!(
            "{} allows {action} only on {resources}",
            self.set.name_of(live.at)
        );
        let version = self.set.policies()[live.at.policy as usize]
            .document
            .version();
        if version == Version::V2008 && resources.contains("${") {
            text.push_str(", where ${} is plain text as the document's Version is not 2012-10-17");
        }
        for (i, missing) in live.missing.iter().enumerate() {
            text.push_str(if i == 0 { ", where " } else { " and " });
            text.push_str(&missing.to_string());
        }
        text
    }

    fn condition_failed(&self, dropped: &Dropped, action: &str) -> String {
        let conditions = &self.set.statement(dropped.at).conditions;
        let condition = conditions[dropped.condition as usize].describe();
        let name = self.set.name_of(dropped.at);
        let mut text = format!("{name} allows {action}, but its condition {condition} fails");
        if let Some(cause) = &dropped.absent {
            text.push_str(&format!(", as the key has no value because {cause}"));
        }
        text
    }

    fn no_allow_for(&self, action: &str) -> String {
        let policies = self.set.policies();
        let statements = policies.iter().flat_map(|named| &named.document.statements);
        let allows = statements
            .filter(|s| s.effect == StatementEffect::Allow)
            .count();
        let policies = match policies.len() {
            1 => "the attached policy".to_owned(),
            n => format!("the {n} attached policies"),
        };
        format!("none of the {allows} Allow statements of {policies} names {action}")
    }
}
