// SPDX-License-Identifier: Apache-2.0
//! Makes a [`Resolved`] set: once per connection, or when policies, thing or attachments change.

use crate::resolved::{Dropped, Live, Resolved};
use crate::set::At;
use crate::statement::{Statement, StatementEffect};
use crate::{Context, PolicySet};

impl PolicySet {
    /// Substitutes variables and decides conditions; both depend on the context alone.
    ///
    /// For a connection `iot:ConnectAttributes` and `iot:LastWillTopic` keep the values that
    /// `context` gives, also for actions after CONNECT.
    pub fn resolve(&self, context: &Context) -> Resolved {
        let (mut denies, mut allows, mut dropped) = (Vec::new(), Vec::new(), Vec::new());
        for (policy, named) in (0..).zip(self.policies.iter()) {
            for (statement, content) in (0..).zip(&named.document.statements) {
                let at = At { policy, statement };
                match failing(content, context) {
                    Some((condition, absent)) => {
                        if content.effect == StatementEffect::Allow {
                            dropped.push(Dropped {
                                at,
                                condition,
                                absent,
                            });
                        }
                    }
                    None => {
                        let (resources, missing) = content.resources.resolve(context);
                        let missing = missing.into();
                        let live = Live {
                            at,
                            mask: content.actions.mask(),
                            resources,
                            missing,
                        };
                        match content.effect {
                            StatementEffect::Allow => allows.push(live),
                            StatementEffect::Deny => denies.push(live),
                        }
                    }
                }
            }
        }
        Resolved::new(self.clone(), denies, allows, dropped)
    }
}

/// The first condition that does not hold, and why its key is absent if it is.
fn failing(statement: &Statement, context: &Context) -> Option<(u32, Option<Box<str>>)> {
    let mut conditions = (0..).zip(&statement.conditions);
    let (index, condition) = conditions.find(|(_, condition)| !condition.holds(context))?;
    Some((index, condition.absent_because(context).map(Box::from)))
}
