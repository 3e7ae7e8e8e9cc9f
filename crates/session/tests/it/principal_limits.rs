// SPDX-License-Identifier: Apache-2.0
//! What all connections of one principal may use together, on however many shards they are.

use hw_mqtt::*;
use hw_session::{Limits, Lost, PrincipalLimits};

use crate::bench::*;

fn bench(principal: PrincipalLimits) -> Bench {
    Bench::with(
        2,
        Limits {
            principal,
            ..Limits::default()
        },
    )
}

fn connects(bench: &mut Bench, client_id: &str) -> bool {
    let mut client = bench.connect_as(&hello(V5, client_id));
    let answer = bench.read(&mut client).remove(0);
    assert!(
        ["CONNACK 00", "CONNACK 97"].contains(&&*answer),
        "{client_id}: {answer}"
    );
    answer == "CONNACK 00"
}

#[test]
fn connections_are_counted_over_shards_and_a_takeover_is_no_more() {
    let mut bench = bench(PrincipalLimits {
        connections_max: 10,
        ..PrincipalLimits::default()
    });
    let clients: Vec<_> = (0..10)
        .map(|n| bench.connect(V5, &format!("m{n}")))
        .collect();
    let shards: std::collections::BTreeSet<_> = clients.iter().map(|it| it.shard).collect();
    assert_eq!(shards.len(), 2, "they are on both");
    assert!(!connects(&mut bench, "m10"));
    for n in 0..10 {
        assert!(
            connects(&mut bench, &format!("m{n}")),
            "it takes its own over"
        );
    }
    assert!(!connects(&mut bench, "m10"), "which gave none away");
    bench.owner = "another".into();
    assert!(connects(&mut bench, "n1"));
    assert!(
        connects(&mut bench, "m3"),
        "who takes another's over ends it"
    );
    bench.owner = "somebody".into();
    assert!(connects(&mut bench, "m10"));
    assert!(!connects(&mut bench, "m11"));
}

#[test]
fn connects_are_counted_by_the_second() {
    let mut bench = bench(PrincipalLimits {
        connects_per_second_max: 3,
        ..PrincipalLimits::default()
    });
    let came = |bench: &mut Bench| {
        let came = (0..8).filter(|n| connects(bench, &format!("m{n}")));
        came.count()
    };
    assert_eq!(came(&mut bench), 3);
    bench.owner = "another".into();
    assert_eq!(came(&mut bench), 3);
    bench.owner = "somebody".into();
    bench.tick(1_000);
    assert_eq!(came(&mut bench), 3);
}

#[test]
fn subscriptions_are_given_back_and_sessions_bring_theirs() {
    let mut bench = bench(PrincipalLimits {
        subscriptions_max: 3,
        ..PrincipalLimits::default()
    });
    let at = SubscribeOptions::at(Qos::AtLeastOnce);
    let expires = props(&[Property::SessionExpiryInterval(1_000)]);
    let lasting = Connect {
        clean_start: false,
        properties: expires.as_properties(),
        ..hello(V5, "m1")
    };
    let mut first = bench.connect_as(&lasting);
    bench.calm();
    bench.read(&mut first);
    let filters = [("a", at), ("b", at), ("a", at)];
    let ask = |bench: &mut Bench, client: &mut Client, filters: &[(&str, SubscribeOptions)]| {
        let mut answer = bench.subscribe_with(client, filters, &[]);
        bench.calm();
        answer.extend(bench.read(client));
        answer.join(" ")
    };
    assert_eq!(ask(&mut bench, &mut first, &filters), "SUBACK 9 01 01 01");
    let mut second = bench.connect(V5, "m2");
    let filters = [("a", at), ("b", at)];
    assert_eq!(ask(&mut bench, &mut second, &filters), "SUBACK 9 01 97");
    bench.lose(&mut first, Lost::ByPeer);
    bench.calm();
    let filters = [("c", at), ("d", at), ("e", at)];
    assert_eq!(ask(&mut bench, &mut second, &filters), "SUBACK 9 01 01 97");
    let mut first = bench.connect_as(&lasting);
    bench.calm();
    assert_eq!(bench.read(&mut first), ["CONNACK 00 present"]);
    assert_eq!(ask(&mut bench, &mut first, &[("a", at)]), "SUBACK 9 01");
    assert_eq!(ask(&mut bench, &mut first, &[("f", at)]), "SUBACK 9 97");
}

#[test]
fn messages_are_counted_together_and_told_apart() {
    let mut bench = bench(PrincipalLimits {
        publishes_per_second_max: 10,
        bytes_per_second_max: 1_000_000,
        ..PrincipalLimits::default()
    });
    let clients = ["m1", "m2", "m3"].map(|id| bench.connect(V3, id));
    let mut all = bench.connect(V3, "all");
    bench.subscribe(&mut all, "a", 0);
    bench.world.news();
    for _ in 0..5 {
        for client in &clients {
            bench.publish(client, &message("a", 0, 0, ""));
        }
    }
    bench.calm();
    assert_eq!(bench.read(&mut all).len(), 10);
    let news = bench.world.news();
    assert_eq!(news.len(), 3, "{news:?}");
    let cause = "m3 publish dropped: more than 10 messages a second from one principal: what \
                 exceeds it is dropped [a]";
    assert!(news.contains(&cause.to_owned()), "{news:?}");
    bench.owner = "another".into();
    let client = bench.connect(V3, "n1");
    bench.publish(&client, &message("a", 0, 0, ""));
    bench.calm();
    assert_eq!(bench.read(&mut all).len(), 1);
}

#[test]
fn who_sends_too_many_bytes_with_others_rests() {
    let mut bench = bench(PrincipalLimits {
        bytes_per_second_max: 1_000_000,
        ..PrincipalLimits::default()
    });
    let [a, b] = ["m1", "m2"].map(|id| bench.connect(V3, id));
    let text = "x".repeat(200_000);
    for _ in 0..3 {
        bench.publish(&a, &message("a", 0, 0, &text));
        bench.publish(&b, &message("a", 0, 0, &text));
    }
    let now = bench.now();
    for client in [&a, &b] {
        let until = bench.shards[client.shard].rests(now, client.slot);
        let millis = (until.expect("a rest") - now.monotonic).as_millis();
        assert!((200..210).contains(&millis), "{millis}");
    }
}
