// SPDX-License-Identifier: Apache-2.0
//! What clients must have got when all is read.

use std::collections::BTreeSet;

use hw_mqtt::*;

use super::{Person, will_qos};
use crate::bench::*;

/// What a publisher was told is taken must have come to these: to one reader, or to the members of
/// a group together.
pub fn check(readers: &[&Person], publisher: &Person) {
    let granted = readers.iter().map(|it| it.granted).min();
    let names: Vec<_> = readers.iter().map(|it| &it.name).collect();
    for (number, qos) in &publisher.acknowledged {
        let times: usize = readers
            .iter()
            .map(|it| it.times(&publisher.name, *number))
            .sum();
        let who = format!("{names:?} from {}, number {number}", publisher.name);
        assert!(times >= 1, "{who} is lost (QoS {qos}, granted {granted:?})");
        if *qos == 2 && granted == Some(2) {
            assert_eq!(times, 1, "{who} came {times} times");
        }
    }
}

/// Each QoS comes in the order of the publisher; what came again does not count.
pub fn check_order(reader: &Person, publisher: &Person) {
    let got = reader.got.get(&publisher.name).into_iter().flatten();
    let got: Vec<u32> = got.map(|(number, _)| *number).collect();
    for qos in [1, 2] {
        let mut seen = BTreeSet::new();
        let published = |number| publisher.published.get(&number) == Some(&qos);
        let first = |it: &&u32| published(**it) && seen.insert(**it);
        let order: Vec<u32> = got.iter().filter(first).copied().collect();
        let (reader, publisher) = (&reader.name, &publisher.name);
        assert!(
            order.is_sorted(),
            "{reader} from {publisher} at QoS {qos}: {order:?}"
        );
    }
}

/// What was published for `person` when it was gone. How many there were, and how many there must
/// not be.
pub fn check_wills(reader: &Person, person: &Person, all_come: bool) -> (usize, usize) {
    let (mut came, mut void) = (0, 0);
    let Some(wills) = &person.wills else {
        return (0, 0);
    };
    let from = format!("{}'s will", person.name);
    for (number, must_come) in wills.verdicts() {
        let times = reader.times(&from, number);
        let who = format!("{} of {from} {number}", reader.name);
        if must_come {
            came += 1;
            assert!(times >= 1 || !all_come, "{who} is lost");
        } else {
            void += 1;
            assert_eq!(times, 0, "{who} was void");
        }
        if will_qos(number) == Qos::ExactlyOnce && reader.granted == 2 {
            assert!(times <= 1, "{who} came {times} times");
        }
    }
    (came, void)
}

/// What newcomers find of a publisher's topic: the last one that it retained there.
pub fn check_retained(bench: &mut Bench, publisher: &Person, in_order: bool) {
    let mut newcomer = bench.connect(V5, "newcomer");
    let options = SubscribeOptions::at(Qos::AtMostOnce);
    let topic = format!("t/{}", publisher.name);
    let heard = bench.subscribe_with(&mut newcomer, &[(&topic, options)], &[]);
    bench.lose(&mut newcomer, hw_session::Lost::ByPeer);
    let numbers = heard.iter().filter_map(|it| {
        let (_, number) = it.strip_suffix(" retained")?.split_once(':')?;
        number.parse::<u32>().ok()
    });
    let found: Vec<u32> = numbers.collect();
    let taken = publisher.acknowledged.keys();
    let last = taken.filter(|it| publisher.retained.contains(it)).max();
    match (found.as_slice(), last) {
        ([], None) => {}
        ([one], _) => {
            let is_its = publisher.retained.contains(one);
            // One that was sent again is published again, behind what was published meanwhile.
            let is_last = last.is_none_or(|last| one >= last) || publisher.resent.contains(one);
            assert!(
                is_its && (is_last || !in_order),
                "{topic}: {one} is retained, and {last:?} was taken"
            );
        }
        _ => panic!("{topic}: {heard:?} is retained, and {last:?} was taken"),
    }
}
