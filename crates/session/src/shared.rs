// SPDX-License-Identifier: Apache-2.0
//! Shared subscriptions (MQTT 5, section 4.8.2): of each group's members, one gets the message.

use hw_model::topic::{self, BadTopic};

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
    Share,
}

/// Takes a filter apart and checks it.
pub(crate) fn parse(filter: &str) -> Result<Filter<'_>, BadFilter> {
    let parsed = split(filter);
    match parsed.share {
        None if filter == "$share" || filter.starts_with(PREFIX) => return Err(BadFilter::Share),
        Some(name) if name.is_empty() || topic::is_wild(name) => return Err(BadFilter::Share),
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

/// Leaves one member of each group in the list; `turn` differs from message to message, so that
/// they take turns.
#[inline]
pub(crate) fn choose(found: &mut Vec<Subscriber>, turn: u64) {
    if found.iter().any(|target| target.group != 0) {
        choose_one_of_each(found, turn);
    }
}

#[cold]
fn choose_one_of_each(found: &mut Vec<Subscriber>, turn: u64) {
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
        let at = ((u128::from(mixed(turn)) * choice as u128) >> 64) as usize;
        let chosen = group.iter().filter(here).nth(at).or_else(|| group.get(at));
        found.extend(chosen);
    }
}

/// SplitMix64's finish: spreads numbers that count up.
fn mixed(turn: u64) -> u64 {
    let mut mixed = turn.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
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

    #[test]
    fn one_of_each_group_and_all_of_no_group() {
        let mut counts = [0u32; 6];
        for turn in 0..3_000 {
            let mut found = vec![
                member(0, 7),
                member(1, 0),
                member(2, 7),
                member(3, 9),
                member(4, 0),
                member(5, 7),
            ];
            choose(&mut found, turn);
            assert_eq!(found.len(), 4);
            found.iter().for_each(|it| counts[it.slot as usize] += 1);
        }
        assert_eq!((counts[1], counts[3], counts[4]), (3_000, 3_000, 3_000));
        for member in [0, 2, 5] {
            assert!((850..1_150).contains(&counts[member]), "{counts:?}");
        }
    }

    #[test]
    fn who_is_away_is_chosen_only_if_all_are() {
        let away = |slot| Subscriber {
            lasting: Lasting::Away,
            ..member(slot, 7)
        };
        let mut chosen = [false; 3];
        for turn in 0..100 {
            let mut found = vec![away(0), member(1, 7), away(2)];
            choose(&mut found, turn);
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].slot, 1);
            let mut found = vec![away(0), away(1), away(2)];
            choose(&mut found, turn);
            chosen[found[0].slot as usize] = true;
        }
        assert_eq!(chosen, [true; 3]);
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
            "$share/a#/b",
        ] {
            assert_eq!(parse(bad), Err(BadFilter::Share), "{bad}");
        }
        assert_eq!(parse("$share/a/"), Err(BadFilter::Topic(BadTopic::Empty)));
        assert!(parse("$share/a/b#").is_err());
    }
}
