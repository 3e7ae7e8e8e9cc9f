// SPDX-License-Identifier: Apache-2.0
//! What the broker remembers of messages and connections.

use hw_broker::BrokerConfig;
use hw_kernel::recall::{Asker, Fate, Kept, Recall, Unknown};
use hw_model::trace::Producer;
use hw_model::{AccountId, TraceId};
use hw_mqtt::{Qos, Version};

use crate::fakes::ALLOW_ALL;
use crate::house::House;

const FIRST: AccountId = AccountId::FIRST;

fn trace(shard: u16, sequence: u64) -> TraceId {
    TraceId {
        producer: Producer { epoch: 1, shard },
        sequence,
    }
}

#[test]
fn a_message_and_both_its_ends() {
    let house = House::new(1);
    let mut receiver = house.connect("receiver");
    receiver.subscribe("a/#", Qos::AtLeastOnce);
    let mut publisher = house.connect("publisher");
    publisher.publish("a/b", b"m", 1);
    publisher.next();
    receiver.next();
    let flight = house.broker.flight(FIRST, trace(0, 1)).expect("remembered");
    assert!(
        matches!(flight.kept, Kept::Durable { .. }),
        "{:?}",
        flight.kept
    );
    let from = flight.publisher.expect("still there");
    assert_eq!(
        (from.client_id.as_str(), from.principal.as_str()),
        ("publisher", "anonymous")
    );
    assert!(from.since <= flight.received && from.policies_since <= flight.received);
    assert_eq!(flight.deliveries.total(), 1);
    assert_eq!(
        flight.deliveries.receivers[0].client_id.as_deref(),
        Some("receiver")
    );
    assert_eq!(flight.deliveries.receivers[0].fate, Fate::Sent);
    let there = house.broker.connection(FIRST, "receiver").expect("there");
    assert_eq!(there.subscriptions[0].filter, "a/#");
}

#[test]
fn another_account_and_what_never_was_are_not_known() {
    let house = House::new(1);
    let mut publisher = house.connect("publisher");
    publisher.publish("a", b"m", 1);
    publisher.next();
    let ask = |account, trace| house.broker.flight(account, trace).err();
    assert_eq!(ask(AccountId::MAX, trace(0, 1)), Some(Unknown::Forgotten));
    assert_eq!(ask(FIRST, trace(0, 2)), Some(Unknown::NeverGiven));
    assert_eq!(ask(FIRST, trace(9, 1)), Some(Unknown::NeverGiven));
    let other = |epoch| TraceId {
        producer: Producer { epoch, shard: 0 },
        sequence: 1,
    };
    assert_eq!(ask(FIRST, other(0)), Some(Unknown::EarlierRun));
    assert_eq!(ask(FIRST, other(2)), Some(Unknown::NeverGiven));
    assert!(
        house
            .broker
            .connection(AccountId::MAX, "publisher")
            .is_none()
    );
}

#[test]
fn receivers_on_other_shards_are_told_too() {
    let house = House::new(2);
    let mut receivers: Vec<_> = (0..8)
        .map(|n| {
            let mut receiver = house.connect(&format!("r{n}"));
            receiver.subscribe("a", Qos::AtLeastOnce);
            receiver
        })
        .collect();
    let mut publisher = house.connect("publisher");
    publisher.publish("a", b"m", 1);
    receivers.iter_mut().for_each(|receiver| {
        receiver.next();
    });
    let found = (0..2).find_map(|shard| house.broker.flight(FIRST, trace(shard, 1)).ok());
    let deliveries = found.expect("remembered").deliveries;
    assert_eq!((deliveries.sent, deliveries.forgotten), (8, 0));
    assert!(deliveries.receivers.len() > 5, "{deliveries:?}");
}

#[test]
fn policies_are_asked_of_an_open_connection_or_of_whoever_it_was() {
    let house = House::new(1);
    house.admission.put(
        "half",
        r#"{"Version":"2012-10-17","Statement":[
            {"Sid":"in","Effect":"Allow","Action":["iot:Connect","iot:Publish"],
             "Resource":["arn:aws:iot:*:*:client/*","arn:aws:iot:*:*:topic/yes"]}]}"#,
    );
    let client = house.connect_as("half", Version::V311, "c");
    let principal = house
        .broker
        .connection(FIRST, "c")
        .expect("there")
        .principal;
    let who = Asker {
        account: FIRST,
        principal,
        client_id: "c".into(),
    };
    let ask = |topic| house.broker.may_publish(&who, topic).expect("asked");
    let yes = ask("yes");
    assert_eq!(
        yes.why.statement.expect("a statement").sid.as_deref(),
        Some("in")
    );
    assert!(yes.allowed && !ask("no").allowed);
    drop(client);
    let nobody = Asker {
        principal: "hw_key".into(),
        ..who
    };
    assert!(house.broker.may_publish(&nobody, "yes").is_err());
    house.admission.put("half", ALLOW_ALL);
}

#[test]
fn it_can_be_turned_off() {
    let house = House::with(BrokerConfig {
        shards: 1,
        flights_max: 0,
        ..BrokerConfig::default()
    });
    let mut publisher = house.connect("publisher");
    publisher.publish("a", b"m", 1);
    publisher.next();
    assert_eq!(
        house.broker.flight(FIRST, trace(0, 1)),
        Err(Unknown::Forgotten)
    );
}
