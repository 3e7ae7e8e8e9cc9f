// SPDX-License-Identifier: Apache-2.0
//! Shared subscriptions (MQTT 5, section 4.8.2): of each group's members, one gets the message.

use hw_model::topic::{self, BadTopic};
use hw_mqtt::reason;

use crate::{Lasting, Subscriber};

/// What begins the filter of a shared subscription.
const PREFIX: &str = "$share/";

/// A filter as a client sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Filter<'a> {
    /// The name of the shared subscription; `None` if it is not shared.
    pub(crate) share: Option<&'a str>,
    /// What topics are matched with.
    pub(crate) topics: &'a str,
}

/// Why a filter is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadFilter {
    #[error("{0}")]
    Topic(#[from] BadTopic),
    #[error("a shared subscription looks like $share/NAME/FILTER, NAME without /, + and #")]
    Share {
        /// Whether there is a `#` in its name, and so before the last level.
        hash: bool,
    },
}

impl BadFilter {
    /// With which code the connection of a client that sends it ends (MQTT 5); `None` if it goes
    /// on, and is told in the SUBACK.
    pub(crate) fn ends_with(self) -> Option<u8> {
        match self {
            Self::Share { hash: false } => Some(reason::PROTOCOL_ERROR),
            Self::Topic(BadTopic::TooDeep) | Self::Share { hash: true } => {
                Some(reason::MALFORMED_PACKET)
            }
            Self::Topic(_) => None,
        }
    }
}

/// Takes a filter apart and checks it.
pub(crate) fn parse(filter: &str) -> Result<Filter<'_>, BadFilter> {
    let parsed = split(filter);
    match parsed.share {
        None if filter == "$share" || filter.starts_with(PREFIX) => {
            return Err(BadFilter::Share { hash: false });
        }
        Some(name) if name.is_empty() || parsed.topics.is_empty() || topic::is_wild(name) => {
            let hash = name.contains('#');
            return Err(BadFilter::Share { hash });
        }
        _ => topic::check_filter(parsed.topics)?,
    }
    Ok(parsed)
}

/// Takes a filter apart that was checked before.
pub(crate) fn split(filter: &str) -> Filter<'_> {
    let shared = filter
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.split_once('/'));
    match shared {
        Some((share, topics)) => Filter {
            share: Some(share),
            topics,
        },
        None => Filter {
            share: None,
            topics: filter,
        },
    }
}

/// Leaves one member of each group in the list. `turn` counts the messages of a group: its members
/// take turns, in the order in which they subscribed.
#[inline]
pub(crate) fn choose(found: &mut Vec<Subscriber>, turn: impl FnMut(u32) -> u64) {
    if found.iter().any(|target| target.group != 0) {
        choose_one_of_each(found, turn);
    }
}

#[cold]
fn choose_one_of_each(found: &mut Vec<Subscriber>, mut turn: impl FnMut(u32) -> u64) {
    // A stable sort: the tree lists members in their order.
    found.sort_by_key(|target| target.group);
    let alone = found.partition_point(|target| target.group == 0);
    let members = found.split_off(alone);
    for group in members.chunk_by(|one, other| one.group == other.group) {
        let here = |it: &&Subscriber| it.lasting != Lasting::Away;
        // One that can't have it now gets it only if nobody can.
        let choice = match group.iter().filter(here).count() {
            0 => group.len(),
            some => some,
        };
        let at = (turn(group[0].group) % choice as u64) as usize;
        let chosen = group.iter().filter(here).nth(at).or_else(|| group.get(at));
        found.extend(chosen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(slot: u32, group: u32) -> Subscriber {
        Subscriber {
            shard: 0,
            qos: 1,
            flags: 0,
            slot,
            lasting: Lasting::No,
            generation: 1,
            subscription_id: 0,
            group,
        }
    }

    fn slots(found: &[Subscriber]) -> Vec<u32> {
        found.iter().map(|it| it.slot).collect()
    }

    #[test]
    fn members_of_each_group_take_turns_and_all_of_no_group_get_it() {
        let mut chosen = vec![];
        for turn in 0..4 {
            let mut found = vec![
                member(3, 9),
                member(0, 7),
                member(1, 0),
                member(2, 7),
                member(4, 0),
                member(5, 7),
            ];
            choose(&mut found, |group| turn + u64::from(group == 9));
            chosen.push(slots(&found));
        }
        assert_eq!(
            chosen,
            [[1, 4, 0, 3], [1, 4, 2, 3], [1, 4, 5, 3], [1, 4, 0, 3]]
        );
    }

    #[test]
    fn who_is_away_is_chosen_only_if_all_are() {
        let away = |slot| Subscriber {
            lasting: Lasting::Away,
            ..member(slot, 7)
        };
        for turn in 0..6 {
            let mut found = vec![away(0), member(1, 7), away(2), member(3, 7)];
            choose(&mut found, |_| turn);
            assert_eq!(slots(&found), [1 + 2 * (turn as u32 % 2)]);
            let mut found = vec![away(0), away(1), away(2)];
            choose(&mut found, |_| turn);
            assert_eq!(slots(&found), [turn as u32 % 3]);
        }
    }

    #[test]
    fn filters() {
        let shared = parse("$share/pool/a/+/#").unwrap();
        assert_eq!((shared.share, shared.topics), (Some("pool"), "a/+/#"));
        assert_eq!(parse("$share/pool//a").unwrap().topics, "/a");
        assert_eq!(parse("a/$share").unwrap().share, None);
        for bad in [
            "$share",
            "$share/",
            "$share/a",
            "$share//a",
            "$share/+/a",
            "$share/a/",
        ] {
            assert_eq!(parse(bad), Err(BadFilter::Share { hash: false }), "{bad}");
        }
        let hash = BadFilter::Share { hash: true };
        assert_eq!(parse("$share/a#/b"), Err(hash));
        assert!(parse("$share/a/b#").is_err());
    }
}
