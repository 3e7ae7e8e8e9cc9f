// SPDX-License-Identifier: Apache-2.0
//! Clients as those who run the server see them, and how one is sent away.

use hw_model::AccountId;
use hw_mqtt::*;
use hw_session::{Kicked, Lost};

use crate::bench::*;

const ACCOUNT: AccountId = AccountId::FIRST;

/// With a session that lasts.
fn come(bench: &mut Bench, version: Version) -> Client {
    let expiry = props(&[Property::SessionExpiryInterval(60)]);
    let asking = Connect {
        clean_start: false,
        ..hello(version, "to")
    };
    let connect = match version {
        V5 => Connect {
            properties: expiry.as_properties(),
            ..asking
        },
        _ => asking,
    };
    let mut client = bench.connect_as(&connect);
    bench.calm();
    let options = SubscribeOptions::at(Qos::AtLeastOnce);
    bench.subscribe_with(&mut client, &[("a", options)], &[]);
    bench.calm();
    bench.read(&mut client);
    client
}

/// (Client id, whether it is connected, what it is owed, subscriptions).
fn listed(bench: &Bench) -> Vec<(String, bool, usize, usize)> {
    let shard = &bench.shards[0];
    let mut all = Vec::new();
    shard.each_client(ACCOUNT, &mut |it| {
        let held = shard.holding(&it).subscriptions.len();
        all.push((
            it.client_id.to_owned(),
            it.connection.is_some(),
            it.owed,
            held,
        ));
    });
    all.sort();
    all
}

fn kick(bench: &mut Bench, client_id: &str, end_session: bool) -> Kicked {
    let now = bench.now();
    let who = (ACCOUNT, client_id);
    bench.shards[0].kick(&mut bench.world, now, who, "user ada", end_session)
}

#[test]
fn who_is_there_and_who_is_away() {
    for version in EVERY {
        let mut bench = Bench::new();
        let from = bench.connect(version, "from");
        let mut to = come(&mut bench, version);
        let there = [("from".into(), true, 0, 0), ("to".into(), true, 0, 1)];
        assert_eq!(listed(&bench), there);
        bench.lose(&mut to, Lost::ByPeer);
        bench.publish(&from, &message("a", 1, 1, "x"));
        bench.calm();
        let away = [("from".into(), true, 0, 0), ("to".into(), false, 1, 1)];
        assert_eq!(listed(&bench), away);
        let numbers = bench.shards[0].session_numbers();
        assert_eq!(bench.shards[0].tally(&numbers).owed, 1);
        let other = AccountId::MAX;
        bench.shards[0].each_client(other, &mut |it| panic!("{}", it.client_id));
        assert!(bench.shards[0].client(other, "to").is_none());
    }
}

#[test]
fn who_is_sent_away_is_told_in_mqtt_5_and_the_event_says_by_whom() {
    for version in EVERY {
        let mut bench = Bench::new();
        let mut to = come(&mut bench, version);
        bench.world.news();
        let kicked = kick(&mut bench, "to", false);
        assert_eq!((kicked.connection, kicked.session), (true, false));
        bench.calm();
        let told: &[&str] = match version {
            V5 => &["DISCONNECT 98", "CLOSED"],
            _ => &["CLOSED"],
        };
        assert_eq!(bench.read(&mut to), told);
        let news = bench.world.news();
        assert!(
            news.len() == 1 && news[0].contains("disconnected by user ada"),
            "{news:?}"
        );
        assert_eq!(
            listed(&bench),
            [("to".into(), false, 0, 1)],
            "its session stays"
        );
        assert_eq!(bench.shards[0].counters().kicked, 1);
        let kicked = kick(&mut bench, "to", false);
        assert_eq!(kicked, Kicked::default(), "it has no connection");
    }
}

#[test]
fn a_session_ends_with_all_that_it_is_owed() {
    for version in EVERY {
        for away in [false, true] {
            let mut bench = Bench::new();
            let from = bench.connect(version, "from");
            let mut to = come(&mut bench, version);
            if away {
                bench.lose(&mut to, Lost::ByPeer);
            }
            bench.publish(&from, &message("a", 1, 1, "x"));
            let kicked = kick(&mut bench, "to", true);
            assert_eq!((kicked.connection, kicked.session), (!away, true));
            bench.calm();
            let counters = bench.shards[0].counters();
            assert_eq!((counters.sessions, counters.subscriptions), (0, 0));
            assert_eq!(listed(&bench), [("from".into(), true, 0, 0)]);
            bench.publish(&from, &message("a", 1, 2, "to nobody"));
            bench.calm();
            assert!(kick(&mut bench, "to", true) == Kicked::default());
        }
    }
}
