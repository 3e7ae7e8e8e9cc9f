// SPDX-License-Identifier: Apache-2.0
//! Decides `iot:Receive` for all topics under a subscription filter at once, so that a delivery
//! need not ask.

use crate::Action;
use crate::filter_language::FilterLanguage;
use crate::resolved::{Live, Resolved};

/// What is known of every topic that a filter can match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ahead {
    /// Each may be received.
    Always,
    /// None may be received.
    Never,
    /// It depends on the topic: ask at each delivery.
    PerTopic,
}

impl Resolved {
    /// Decides `iot:Receive` for every topic that `filter` can match; `arn_prefix` is as
    /// `arn:aws:iot:REGION:ACCOUNT:topic/`. For a shared subscription give the filter behind
    /// `$share/GROUP/`.
    ///
    /// Sound, not complete: `PerTopic` may stand where a closer look would find another answer.
    pub fn receive_over_filter(&self, arn_prefix: &str, filter: &str) -> Ahead {
        self.receive_over(&FilterLanguage::new(arn_prefix, filter))
    }

    /// As [`Resolved::receive_over_filter`], but leaves out the one topic `a` that a filter `a/#`
    /// matches beside those below it, if `a` has no wildcard: whoever relies on the answer asks for
    /// that topic alone. An Allow on `a/*` is then enough for `Always`.
    pub fn receive_below_filter(&self, arn_prefix: &str, filter: &str) -> Ahead {
        self.receive_over(&FilterLanguage::new(arn_prefix, filter).without_parent())
    }

    fn receive_over(&self, topics: &FilterLanguage) -> Ahead {
        let bit = Action::Receive.bit();
        let speaks = |live: &&Live| live.mask & bit != 0;
        let mut denied_somewhere = false;
        for deny in self.denies.iter().filter(speaks) {
            if contains_all(deny, topics) {
                return Ahead::Never;
            }
            denied_somewhere |= may_touch(deny, topics);
        }
        let mut allowed_somewhere = false;
        for allow in self.allows.iter().filter(speaks) {
            if !denied_somewhere && contains_all(allow, topics) {
                return Ahead::Always;
            }
            allowed_somewhere |= may_touch(allow, topics);
        }
        if allowed_somewhere {
            Ahead::PerTopic
        } else {
            Ahead::Never
        }
    }
}

/// Whether the statement surely applies to every topic.
fn contains_all(live: &Live, topics: &FilterLanguage) -> bool {
    let mut patterns = live.resources.patterns.iter();
    if live.resources.negated {
        patterns.all(|pattern| !topics.meets(pattern))
    } else {
        patterns.any(|pattern| topics.is_inside(pattern))
    }
}

/// Whether the statement may apply to some topic.
fn may_touch(live: &Live, topics: &FilterLanguage) -> bool {
    let mut patterns = live.resources.patterns.iter();
    if live.resources.negated {
        !patterns.any(|pattern| topics.is_inside(pattern))
    } else {
        patterns.any(|pattern| topics.meets(pattern))
    }
}
