// SPDX-License-Identifier: Apache-2.0
//! Live taps see messages pass, lose what they can't take, and go when they are dropped.

use hw_kernel::Live;
use hw_model::AccountId;

use crate::house::House;

#[test]
fn a_tap_sees_counts_and_ends() {
    let house = House::new(2);
    assert!(house.broker.tap(AccountId::FIRST, "a#", 1).is_err());
    let mut tap = house
        .broker
        .tap(AccountId::FIRST, "a/#", 2)
        .expect("a filter");
    let foreign = house.broker.tap(AccountId::MAX, "#", 2).expect("a filter");
    let mut publisher = house.connect("from");
    publisher.publish("b", b"", 0);
    for payload in [b"1", b"2", b"3"] {
        publisher.publish("a/x", payload, 0);
    }
    publisher.ping();
    let first = tap.messages.blocking_recv().expect("a message");
    assert_eq!(
        (first.topic.as_str(), first.payload.as_slice()),
        ("a/x", &b"1"[..])
    );
    assert_eq!(
        (first.client_id.as_str(), first.principal.as_str()),
        ("from", "anonymous")
    );
    assert_eq!(
        tap.messages.blocking_recv().expect("a message").payload,
        b"2"
    );
    assert_eq!(tap.dropped.load(std::sync::atomic::Ordering::Relaxed), 1);
    assert!(foreign.messages.is_empty(), "another account's");
    drop(tap);
    publisher.publish("a/x", b"4", 0);
    publisher.ping();
    assert_eq!(house.broker.status().taps, 1);
    drop(foreign);
    let third = house
        .broker
        .tap(AccountId::FIRST, "#", 1)
        .expect("a filter");
    assert_eq!(
        (
            house.broker.status().taps,
            house.broker.status().subscriptions
        ),
        (1, 1)
    );
    drop(third);
}
