// SPDX-License-Identifier: Apache-2.0
//! Numbers of shared subscriptions. A number is its share's as long as somebody is a member or is
//! about to be; then another may have it, so that shares that come and go take no memory.

use std::collections::HashMap;
use std::sync::Arc;

use super::Share;

/// The shares of one account.
#[derive(Default)]
pub(super) struct Groups {
    numbers: HashMap<Arc<Share>, u32>,
    /// By number less one.
    groups: Vec<Group>,
    free: Vec<u32>,
}

#[derive(Default)]
struct Group {
    /// `None`: the number is nobody's.
    share: Option<Arc<Share>>,
    /// Members in the tree, and shards that have asked for the number in their turn.
    uses: usize,
}

impl Groups {
    /// The number of a share, from 1, used once more until [`Groups::drop_use`].
    pub(super) fn number(&mut self, share: Share) -> u32 {
        if let Some(number) = self.numbers.get(&share) {
            let number = *number;
            self.add_use(number);
            return number;
        }
        let number = self.free.pop().unwrap_or_else(|| {
            self.groups.push(Group::default());
            u32::try_from(self.groups.len()).unwrap_or(u32::MAX)
        });
        let share = Arc::new(share);
        if let Some(group) = self.of(number) {
            *group = Group {
                share: Some(share.clone()),
                uses: 1,
            };
        }
        self.numbers.insert(share, number);
        number
    }

    /// There is a member more.
    pub(super) fn add_use(&mut self, number: u32) {
        if let Some(group) = self.of(number) {
            group.uses += 1;
        }
    }

    /// There is one less; with the last its number is free.
    pub(super) fn drop_use(&mut self, number: u32) {
        let Some(group) = self.of(number) else { return };
        group.uses = group.uses.saturating_sub(1);
        if group.uses > 0 {
            return;
        }
        if let Some(share) = group.share.take() {
            self.numbers.remove(&share);
            self.free.push(number);
        }
    }

    fn of(&mut self, number: u32) -> Option<&mut Group> {
        self.groups.get_mut((number as usize).checked_sub(1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(name: &str) -> Share {
        (name.into(), "a/#".into())
    }

    #[test]
    fn a_number_is_kept_while_it_is_used_and_then_given_to_another() {
        let mut groups = Groups::default();
        let one = groups.number(share("one"));
        assert_eq!(groups.number(share("one")), one);
        let two = groups.number(share("two"));
        assert_ne!(one, two);
        groups.drop_use(one);
        assert_eq!(groups.number(share("one")), one);
        groups.drop_use(one);
        groups.drop_use(one);
        assert_eq!(groups.number(share("three")), one);
        assert_eq!(groups.number(share("two")), two);
        // None is not a share, and what was never given out is nobody's.
        groups.drop_use(0);
        groups.drop_use(99);
    }
}
