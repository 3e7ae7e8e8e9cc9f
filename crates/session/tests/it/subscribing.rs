// SPDX-License-Identifier: Apache-2.0
//! SUBSCRIBE and UNSUBSCRIBE: each filter has its own code, and the connection stays.

use hw_mqtt::*;
use hw_session::Limits;

use crate::bench::*;

const Q0: SubscribeOptions = SubscribeOptions::at(Qos::AtMostOnce);
const Q1: SubscribeOptions = SubscribeOptions::at(Qos::AtLeastOnce);
const Q2: SubscribeOptions = SubscribeOptions::at(Qos::ExactlyOnce);

#[test]
fn each_filter_is_checked_on_its_own() {
    let filters = [
        ("a/+", Q0),
        ("denied/+", Q1),
        ("b/#", Q2),
        ("a#", Q0),
        ("c", Q1),
        ("d", Q1),
    ];
    for version in EVERY {
        let limits = Limits {
            subscriptions_max: 3,
            ..Limits::default()
        };
        let mut bench = Bench::with(1, limits);
        bench
            .world
            .change("a", |rules| rules.no_subscribe.push("denied/+".into()));
        let mut client = bench.connect(version, "a");
        bench.world.news();
        let answer = bench.subscribe_with(&mut client, &filters, &[]);
        let codes = match version {
            V5 => "00 80 02 8f 01 97",
            _ => "00 80 02 80 01 80",
        };
        assert_eq!(answer, [format!("SUBACK 9 {codes}")]);
        let news = bench.world.news();
        let causes = [
            "not in the policy [denied/+]",
            "a wildcard stands alone in its level, and # only in the last one [a#]",
            "a connection has at most 3 subscriptions [d]",
        ];
        assert_eq!(news.len(), causes.len());
        for (event, cause) in news.iter().zip(causes) {
            assert!(
                event.starts_with(&format!("a subscribe refused: {cause}")),
                "{event}"
            );
        }
        let held: Vec<_> = bench
            .world
            .tree
            .iter()
            .map(|(_, filter, _)| filter.as_str())
            .collect();
        assert_eq!(held, ["a/+", "b/#", "c"]);
        assert_eq!(bench.shards[0].counters().subscriptions, 3);
        bench.send(&client, encode::pingreq);
        assert_eq!(bench.read(&mut client), ["PINGRESP"]);
    }
}

#[test]
fn a_filter_that_can_be_none_ends_the_connection() {
    let deep = "x/".repeat(20_000);
    for (filter, code) in [
        (deep.as_str(), "81"),
        (&"/".repeat(201), "81"),
        ("$share/g#/a", "81"),
        ("$share/g+/a", "82"),
        ("$share/g", "82"),
        ("$share/g/", "82"),
        ("$share//a", "82"),
    ] {
        for version in EVERY {
            let mut bench = Bench::new();
            let mut client = bench.connect(version, "a");
            let filters = [("good", Q0), (filter, Q0)];
            let mut answer = bench.subscribe_with(&mut client, &filters, &[]);
            assert_eq!(answer.pop().as_deref(), Some("CLOSED"));
            let told: &[String] = match version {
                V5 => &[format!("DISCONNECT {code}")],
                _ => &[],
            };
            assert_eq!(answer, told);
            assert!(bench.world.tree.is_empty());
        }
    }
}

#[test]
fn filters_beyond_the_limit_of_one_packet_are_refused() {
    let limits = Limits {
        filters_per_subscribe_max: 1,
        ..Limits::default()
    };
    let mut bench = Bench::with(1, limits);
    let mut client = bench.connect(V5, "a");
    let answer = bench.subscribe_with(&mut client, &[("a", Q0), ("b", Q0)], &[]);
    assert_eq!(answer, ["SUBACK 9 00 97"]);
}

#[test]
fn subscribing_again_replaces() {
    for version in EVERY {
        let mut bench = Bench::new();
        let mut client = bench.connect(version, "a");
        bench.subscribe(&mut client, "x", 1);
        bench.subscribe(&mut client, "x", 0);
        assert_eq!(bench.world.tree.len(), 1);
        bench.publish(&client, &message("x", 1, 1, "m"));
        assert_eq!(bench.read(&mut client), ["PUBACK 1 00", "x q0 m"]);
        assert_eq!(bench.shards[0].counters().subscriptions, 1);
    }
}

#[test]
fn unsubscribing_ends_it() {
    for version in EVERY {
        let mut bench = Bench::new();
        let mut client = bench.connect(version, "a");
        bench.subscribe(&mut client, "x/+", 0);
        bench.subscribe(&mut client, "y", 0);
        bench.send(&client, |out| {
            let filters = ["x/+", "never", "x/+"];
            encode::unsubscribe(out, version, 4, Properties::EMPTY, filters).unwrap();
        });
        let codes = if version == V5 { "00 11 11" } else { "" };
        assert_eq!(bench.read(&mut client), [format!("UNSUBACK 4 {codes}")]);
        bench.publish(&client, &message("x/1", 0, 0, "m"));
        bench.publish(&client, &message("y", 0, 0, "m"));
        assert_eq!(bench.read(&mut client), ["y q0 m"]);
        assert_eq!(bench.world.tree.len(), 1);
    }
}

#[test]
fn the_answer_must_fit_the_client() {
    let mut bench = Bench::new();
    let small = props(&[Property::MaximumPacketSize(50)]);
    let connect = Connect {
        properties: small.as_properties(),
        ..hello(V5, "a")
    };
    let mut client = bench.connect_as(&connect);
    bench.read(&mut client);
    let filters: Vec<String> = (0..60).map(|n| format!("t/{n}")).collect();
    let filters: Vec<_> = filters.iter().map(|filter| (filter.as_str(), Q0)).collect();
    let answer = bench.subscribe_with(&mut client, &filters, &[]);
    assert_eq!(answer, ["DISCONNECT 95", "CLOSED"]);
    assert!(bench.world.tree.is_empty());
}
