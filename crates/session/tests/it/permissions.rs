// SPDX-License-Identifier: Apache-2.0
//! `iot:Receive` at each delivery, and what a change of policies does to those who are connected.

use hw_mqtt::*;
use hw_session::Limits;

use crate::bench::*;

const REFUSED: &str = "a deliver refused: iot:Receive is not allowed";

#[test]
fn each_topic_is_asked_unless_it_is_known_ahead() {
    for version in EVERY {
        let mut bench = Bench::new();
        bench
            .world
            .change("a", |rules| rules.no_receive.push("x/secret".into()));
        let mut client = bench.connect(version, "a");
        bench.subscribe(&mut client, "x/+", 0);
        let mut free = bench.connect(version, "b");
        bench.subscribe(&mut free, "x/+", 0);
        bench.world.news();
        bench.publish(&free, &message("x/open", 0, 0, "m"));
        bench.publish(&free, &message("x/secret", 0, 0, "m"));
        assert_eq!(bench.read(&mut client), ["x/open q0 m"]);
        assert_eq!(bench.read(&mut free), ["x/open q0 m", "x/secret q0 m"]);
        assert_eq!(
            bench.world.receive_asked, 2,
            "only for who was not allowed ahead"
        );
        assert_eq!(bench.world.news(), [format!("{REFUSED} [x/secret]")]);

        bench.subscribe(&mut client, "x/secret", 1);
        bench.publish(&free, &message("x/secret", 0, 0, "m"));
        assert!(
            bench.read(&mut client).is_empty(),
            "neither filter opens it"
        );
        assert_eq!(bench.shards[0].counters().refused_receive, 2);
    }
}

#[test]
fn a_change_counts_for_subscriptions_that_stand() {
    let mut bench = Bench::new();
    let mut client = bench.connect(V5, "a");
    bench.subscribe(&mut client, "x", 0);
    let publisher = bench.connect(V5, "p");
    bench.publish(&publisher, &message("x", 0, 0, "1"));
    bench
        .world
        .change("a", |rules| rules.no_receive.push("x".into()));
    bench.refresh();
    bench.publish(&publisher, &message("x", 0, 0, "2"));
    bench.world.change("a", |rules| rules.no_receive.clear());
    bench.refresh();
    bench.publish(&publisher, &message("x", 0, 0, "3"));
    assert_eq!(bench.read(&mut client), ["x q0 1", "x q0 3"]);
}

#[test]
fn what_is_remembered_of_a_topic_ends_with_what_it_came_from() {
    for version in EVERY {
        let mut bench = Bench::new();
        // Asked for each topic: a change of the answer changes nothing that is known ahead.
        bench
            .world
            .change("a", |rules| rules.no_receive.push("else".into()));
        let mut client = bench.connect(version, "a");
        bench.subscribe(&mut client, "x/#", 1);
        let publisher = bench.connect(version, "p");
        let say = |bench: &mut Bench, text| {
            bench.publish(&publisher, &message("x/1", 1, 7, text));
        };
        for text in ["1", "2"] {
            say(&mut bench, text);
        }
        assert_eq!(bench.world.receive_asked, 1, "the second time it was known");
        bench
            .world
            .change("a", |rules| rules.no_receive.push("x/1".into()));
        bench.refresh();
        say(&mut bench, "refused");
        say(&mut bench, "refused");
        bench
            .world
            .change("a", |rules| drop(rules.no_receive.pop()));
        bench.refresh();
        say(&mut bench, "3");
        // Who comes gets it, who goes does not, and another client is asked about in his place.
        let mut late = bench.connect(version, "late");
        bench.subscribe(&mut late, "x/1", 0);
        say(&mut bench, "4");
        bench.send(&client, |out| encode::disconnect(out, version, 0));
        say(&mut bench, "5");
        bench
            .world
            .change("b", |rules| rules.no_receive.push("x/1".into()));
        let mut other = bench.connect(version, "b");
        bench.subscribe(&mut other, "x/#", 1);
        say(&mut bench, "6");
        let texts = |lines: Vec<String>| -> String {
            lines
                .iter()
                .filter_map(|line| line.chars().last())
                .collect()
        };
        let got = bench.read(&mut client);
        assert_eq!(texts(got[..4].to_vec()), "1234", "{got:?}");
        assert_eq!(texts(bench.read(&mut late)), "456");
        assert!(bench.read(&mut other).is_empty());
    }
}

#[test]
fn who_comes_while_a_topic_is_looked_up_gets_the_next_message() {
    let mut bench = Bench::new();
    let mut client = bench.connect(V5, "a");
    bench.subscribe(&mut client, "x", 0);
    let publisher = bench.connect(V5, "p");
    bench.world.put_in_after = std::mem::take(&mut bench.world.tree);
    for text in ["1", "2", "3"] {
        bench.publish(&publisher, &message("x", 0, 0, text));
    }
    assert_eq!(bench.read(&mut client), ["x q0 2", "x q0 3"]);
}

#[test]
fn who_may_not_publish_any_more_is_cut_though_it_did_before() {
    let mut bench = Bench::new();
    let mut client = bench.connect(V5, "a");
    for _ in 0..2 {
        bench.publish(&client, &message("x", 0, 0, ""));
    }
    bench
        .world
        .change("a", |rules| rules.no_publish.push("x".into()));
    bench.refresh();
    assert!(bench.read(&mut client).is_empty());
    bench.publish(&client, &message("x", 0, 0, ""));
    assert_eq!(bench.read(&mut client).last().unwrap(), "CLOSED");
}

#[test]
fn a_change_counts_for_what_is_on_its_way_and_what_waits() {
    let limits = Limits {
        inflight_messages_max: 1,
        ..Limits::default()
    };
    let mut bench = Bench::with(2, limits);
    let publisher = bench.connect(V3, "p");
    let name = (0..).map(|n| format!("c{n}"));
    let name = name
        .into_iter()
        .find(|name| bench.connect(V5, name).shard != publisher.shard);
    let name = name.unwrap();
    let mut client = bench.connect(V5, &name);
    bench.subscribe(&mut client, "#", 1);
    for (id, topic) in [(1, "x"), (2, "x"), (3, "y")] {
        bench.publish(&publisher, &message(topic, 1, id, ""));
    }
    assert_eq!(
        bench.read(&mut client),
        ["x q1 #1 "],
        "two wait in the queue"
    );
    let mut bytes = Vec::new();
    for topic in ["x", "y"] {
        encode::publish(
            &mut bytes,
            V3,
            &message(topic, 0, 0, ""),
            &Default::default(),
        )
        .unwrap();
    }
    bench.input(&publisher, &bytes);
    bench
        .world
        .change(&name, |rules| rules.no_receive.push("x".into()));
    bench.refresh();
    bench.pass();
    assert_eq!(
        bench.read(&mut client),
        ["y q0 "],
        "of two that were between the shards"
    );
    bench.send(&client, |out| encode::puback(out, V5, 1, 0));
    assert_eq!(bench.read(&mut client), ["y q1 #2 "], "of two that waited");
}

#[test]
fn who_may_not_be_here_any_more_is_cut() {
    let goodbye = |version| if version == V5 { "DISCONNECT 87" } else { "" };
    for version in EVERY {
        let mut bench = Bench::new();
        let mut clients: Vec<_> = ["a", "b", "c", "d"]
            .map(|name| bench.connect(version, name))
            .into();
        bench.subscribe(&mut clients[2], "x", 0);
        bench.world.news();
        bench.world.change("a", |rules| {
            rules.revoked = Some("certificate INACTIVE".into())
        });
        bench.world.change("b", |rules| rules.no_connect = true);
        bench
            .world
            .change("c", |rules| rules.no_subscribe.push("x".into()));
        bench.refresh();
        for client in &mut clients[..3] {
            let mut got = bench.read(client);
            assert_eq!(got.pop().unwrap(), "CLOSED");
            assert_eq!(got.concat(), goodbye(version));
        }
        assert_eq!(
            bench.world.news(),
            [
                "a disconnect closed: certificate INACTIVE",
                "b disconnect closed: not in the policy",
                "c disconnect closed: not in the policy [x]",
            ]
        );
        bench.send(&clients[3], encode::pingreq);
        assert_eq!(bench.read(&mut clients[3]), ["PINGRESP"]);
        assert!(bench.world.tree.is_empty());
    }
}
