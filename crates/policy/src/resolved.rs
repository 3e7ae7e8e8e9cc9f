// SPDX-License-Identifier: Apache-2.0
//! A policy set with one context's variables substituted and conditions decided: what a broker
//! asks at each message. A decision allocates nothing.

use crate::action::{Action, ActionMask};
use crate::resource_set::Resources;
use crate::set::At;
use crate::unresolved::Unresolved;
use crate::{Effect, PolicySet, fingerprint};

/// The statements of a [`PolicySet`] that can apply in one context.
#[derive(Debug, Clone)]
pub struct Resolved {
    pub(crate) set: PolicySet,
    pub(crate) denies: Box<[Live]>,
    pub(crate) allows: Box<[Live]>,
    pub(crate) dropped: Box<[Dropped]>,
    pub(crate) fingerprint: u128,
}

/// A statement whose conditions hold.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    pub(crate) at: At,
    pub(crate) mask: ActionMask,
    pub(crate) resources: Resources,
    /// Variables of its resources that have no value.
    pub(crate) missing: Box<[Unresolved]>,
}

/// An Allow statement that cannot apply, kept for explanations.
#[derive(Debug, Clone)]
pub(crate) struct Dropped {
    pub(crate) at: At,
    /// The first condition that does not hold.
    pub(crate) condition: u32,
    /// Why the condition's key has no value, if it has none.
    pub(crate) absent: Option<Box<str>>,
}

impl Resolved {
    pub(crate) fn new(
        set: PolicySet,
        denies: Vec<Live>,
        allows: Vec<Live>,
        dropped: Vec<Dropped>,
    ) -> Resolved {
        let fingerprint = fingerprint::of(&set, &denies, &allows);
        Resolved {
            set,
            denies: denies.into(),
            allows: allows.into(),
            dropped: dropped.into(),
            fingerprint,
        }
    }

    /// Decides `action` on the resource `arn_prefix` + `name`; the prefix is as
    /// `arn:aws:iot:REGION:ACCOUNT:topic/`.
    pub fn decide(&self, action: Action, arn_prefix: &str, name: &str) -> Effect {
        let bit = action.bit();
        let applies =
            |live: &Live| live.mask & bit != 0 && live.resources.contains(arn_prefix, name);
        effect(self.denies.iter().any(applies), || {
            self.allows.iter().any(applies)
        })
    }

    /// As [`Resolved::decide`], for any action by its text, as `iot:CreateThing`.
    pub fn decide_named(&self, action: &str, arn_prefix: &str, name: &str) -> Effect {
        let applies = |live: &Live| self.applies(live, action, arn_prefix, name);
        effect(self.denies.iter().any(applies), || {
            self.allows.iter().any(applies)
        })
    }

    /// Equal for sets that decide every request alike because they say the same: such sets may
    /// share a cache of decisions. A function of the content alone, stable between runs.
    pub fn fingerprint(&self) -> u128 {
        self.fingerprint
    }

    /// Whether no Allow is left, so that everything is denied.
    pub fn allows_nothing(&self) -> bool {
        self.allows.is_empty()
    }

    pub(crate) fn applies(&self, live: &Live, action: &str, prefix: &str, name: &str) -> bool {
        self.set.statement(live.at).actions.contains(action)
            && live.resources.contains(prefix, name)
    }
}

fn effect(denied: bool, allowed: impl FnOnce() -> bool) -> Effect {
    if denied {
        Effect::ExplicitDeny
    } else if allowed() {
        Effect::Allowed
    } else {
        Effect::ImplicitDeny
    }
}
