// SPDX-License-Identifier: Apache-2.0
//! QoS 2 into sessions that last: once, in order, whatever happens on the way.

use hw_mqtt::*;
use hw_session::Lost;

use crate::bench::*;
use crate::lasting::{asking, come, subscribe};

#[test]
fn exactly_once_into_a_session_that_lasts() {
    for version in EVERY {
        let mut bench = Bench::new();
        let mut from = bench.connect(version, "from");
        let (mut to, _) = come(&mut bench, version, "to");
        subscribe(&mut bench, &mut to, "a", 2);
        bench.publish(&from, &message("a", 2, 1, "x"));
        assert!(
            bench.read(&mut to).is_empty(),
            "not before it is written down"
        );
        bench.calm();
        assert_eq!(bench.read(&mut from), ["PUBREC 1 00"]);
        assert_eq!(bench.read(&mut to), ["a q2 #1 x"]);
        bench.lose(&mut to, Lost::ByPeer);
        let (mut to, _) = come(&mut bench, version, "to");
        assert_eq!(bench.read(&mut to), ["a q2 #1 x again"]);
        bench.send(&to, |out| encode::pubrec(out, version, 1, 0));
        assert!(
            bench.read(&mut to).is_empty(),
            "PUBREC is written down first"
        );
        bench.calm();
        assert_eq!(bench.read(&mut to), ["PUBREL 1 00"]);
        bench.send(&to, |out| encode::pubcomp(out, version, 1, 0));
        bench.tick(200);
        bench.calm();
        assert!(bench.shards[0].debts(7 << 32 | 1).is_empty());
    }
}

/// A message of QoS 2 whose packet is gone when the Log answers is read again; those behind it wait.
#[test]
fn what_is_read_again_before_it_goes_is_not_overtaken() {
    let mut bench = Bench::new();
    let from = bench.connect(V5, "from");
    let (mut to, _) = come(&mut bench, V5, "to");
    subscribe(&mut bench, &mut to, "a", 2);
    for id in 1..=3 {
        bench.publish(
            &from,
            &message("a", 2, id, ["x", "y", "z"][usize::from(id) - 1]),
        );
    }
    let answer = |bench: &mut Bench| {
        let upto = bench.world.ticket;
        bench.world.ticket += 1;
        bench.durable(upto, None);
    };
    let forget = |bench: &mut Bench| {
        let rule = |rules: &mut crate::world::Rules| rules.no_receive.push("other".into());
        bench.world.change("to", rule);
        bench.refresh();
    };
    answer(&mut bench);
    // Their packet ids are being written down.
    forget(&mut bench);
    answer(&mut bench);
    bench.read_log();
    // That of the first is again, and the others are being read.
    forget(&mut bench);
    bench.read_log();
    bench.calm();
    let got = bench.read(&mut to);
    assert_eq!(got, ["a q2 #1 x", "a q2 #2 y", "a q2 #3 z"]);
}

#[test]
fn a_pubrel_that_comes_again_waits_for_the_log_again() {
    let mut bench = Bench::new();
    let (mut from, _) = come(&mut bench, V5, "from");
    bench.publish(&from, &message("a", 2, 5, "x"));
    bench.calm();
    assert_eq!(bench.read(&mut from), ["PUBREC 5 00"]);
    bench.send(&from, |out| encode::pubrel(out, V5, 5, 0));
    bench.lose(&mut from, Lost::ByPeer);
    let expiry = props(&[Property::SessionExpiryInterval(3_600)]);
    let connect = Connect {
        properties: expiry.as_properties(),
        ..asking(V5, "from")
    };
    let mut from = bench.connect_as(&connect);
    bench.send(&from, |out| encode::pubrel(out, V5, 5, 0));
    assert!(bench.read(&mut from).is_empty(), "not before it is written");
    bench.calm();
    assert_eq!(
        bench.read(&mut from),
        ["CONNACK 00 present", "PUBCOMP 5 00"]
    );
}

/// The client may have it already and keep its packet id until PUBREL: another message with that id
/// would be taken for the same.
#[test]
fn what_was_begun_and_may_not_go_again_is_released() {
    for denied in [false, true] {
        let mut bench = Bench::new();
        let from = bench.connect(V5, "from");
        let (mut to, _) = come(&mut bench, V5, "to");
        subscribe(&mut bench, &mut to, "a/+", 2);
        let expiry = props(&[Property::MessageExpiryInterval(if denied { 60 } else { 1 })]);
        let first = Publish {
            properties: expiry.as_properties(),
            ..message("a/1", 2, 1, "one")
        };
        bench.publish(&from, &first);
        bench.calm();
        assert_eq!(bench.read(&mut to), ["a/1 q2 #1 one"]);
        // Its PUBREC gets lost.
        bench.lose(&mut to, Lost::ByPeer);
        bench.millis += 2_500;
        if denied {
            bench
                .world
                .change("to", |rules| rules.no_receive.push("a/1".into()));
        }
        bench.publish(&from, &message("a/2", 2, 2, "two"));
        bench.calm();
        let (mut to, _) = come(&mut bench, V5, "to");
        bench.calm();
        assert_eq!(bench.read(&mut to), ["PUBREL 1 00", "a/2 q2 #2 two"]);
        bench.send(&to, |out| encode::pubcomp(out, V5, 1, 0));
        bench.send(&to, |out| encode::pubrec(out, V5, 2, 0));
        bench.calm();
        assert_eq!(bench.read(&mut to), ["PUBREL 2 00"]);
        bench.send(&to, |out| encode::pubcomp(out, V5, 2, 0));
        bench.tick(200);
        bench.calm();
        assert!(bench.shards[0].debts(7 << 32 | 1).is_empty());
    }
}
