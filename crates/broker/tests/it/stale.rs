// SPDX-License-Identifier: Apache-2.0
//! Changes of certificates and policies take effect on live connections, without traffic.

use std::time::{Duration, Instant};

use hw_mqtt::{Qos, Version};

use crate::client::{Client, Got, connect_packet};
use crate::fakes::{ALLOW_ALL, fake_certificate_id};
use crate::house::House;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_certificate_set_inactive_cuts_within_a_second_without_traffic() {
    let house = House::new(2);
    let ids: Vec<String> = (0..4u8)
        .map(|n| fake_certificate_id(&[n]).to_string())
        .collect();
    let mut clients: Vec<_> = ids
        .iter()
        .map(|id| {
            house.admission.put(id, ALLOW_ALL);
            house.connect_as(id, Version::V5, &format!("client of {id}"))
        })
        .collect();
    let start = Instant::now();
    house.admission.deactivate(&ids[1]);
    assert_eq!(clients[1].next(), Got::Disconnect(0x87));
    assert_eq!(clients[1].next(), Got::Closed);
    assert!(start.elapsed() < SECOND, "{:?}", start.elapsed());
    let event = house
        .events
        .wait_for_cause("disconnect", "closed", "certificate INACTIVE");
    assert_eq!(event.principal.as_deref(), Some(ids[1].as_str()));
    assert_eq!(event.address.as_deref(), Some("127.0.0.1"));
    for other in [0, 2, 3] {
        clients[other].ping();
    }
}

#[test]
fn a_change_amid_the_look_at_all_connections_is_seen_too() {
    let house = House::new(1);
    let ids = [b"a", b"b"].map(|der| fake_certificate_id(der).to_string());
    let mut clients = ids.clone().map(|id| {
        house.admission.put(&id, ALLOW_ALL);
        house.connect_as(&id, Version::V5, &format!("client of {id}"))
    });
    // The look that the last `put` asked for must be over.
    clients.iter_mut().for_each(Client::ping);
    house.admission.change_amid();
    house.admission.put(&ids[0], ALLOW_ALL);
    let event = house
        .events
        .wait_for_cause("disconnect", "closed", "certificate INACTIVE");
    let gone = ids
        .iter()
        .position(|id| event.principal.as_deref() == Some(id));
    assert_eq!(
        clients[gone.expect("one of them")].next(),
        Got::Disconnect(0x87)
    );
}

#[test]
fn a_policy_change_takes_a_subscription_away_and_gives_rights() {
    let policy = |topics: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[
            {{"Effect":"Allow","Action":["iot:Connect","iot:Subscribe"],"Resource":"*"}},
            {{"Effect":"Allow","Action":["iot:Publish","iot:Receive"],
              "Resource":"arn:aws:iot:*:*:topic/{topics}"}}]}}"#
        )
    };
    let house = House::new(2);
    let id = fake_certificate_id(b"x").to_string();
    house.admission.put(&id, &policy("a/*"));
    let mut client = house.connect_as(&id, Version::V311, "policed");
    client.subscribe("#", Qos::AtMostOnce);
    let mut publisher = house.connect("from");
    publisher.publish("b/1", b"hidden", 0);
    publisher.publish("a/1", b"seen", 0);
    assert_eq!(client.message(), ("a/1".into(), b"seen".to_vec()));

    house.admission.put(&id, &policy("b/*"));
    // The change was made before: the very next message is judged by it.
    publisher.publish("a/2", b"hidden", 0);
    publisher.publish("b/2", b"seen", 0);
    assert_eq!(client.message(), ("b/2".into(), b"seen".to_vec()));
    client.publish("b/3", b"allowed now", 4);
    assert_eq!(client.message().0, "b/3");
    assert_eq!(client.next(), Got::PubAck(4, 0));
    client.publish("a/3", b"not any more", 5);
    assert_eq!(client.next(), Got::Closed);
    let event = house
        .events
        .wait_for_cause("publish", "refused", "policy meter version 1");
    assert_eq!(event.topic.as_deref(), Some("a/3"));
}

#[test]
fn a_change_between_handshake_and_arrival_counts() {
    let house = House::new(1);
    let id = fake_certificate_id(b"late").to_string();
    house.admission.put(&id, ALLOW_ALL);
    let before = house.admission.find(&id).expect("it is known");
    house.admission.put(
        &id,
        r#"{"Version":"2012-10-17","Statement":
        {"Effect":"Allow","Action":"iot:Connect","Resource":"*"}}"#,
    );
    let connect = || connect_packet(Version::V5, "late", 60);
    let mut client = house.adopt(before, Version::V5, "late", connect(), b"");
    assert_eq!(client.next(), Got::ConnAck(0));
    client.publish("a", b"", 0);
    assert_eq!(client.next(), Got::Disconnect(0x87));
    let before = house.admission.find(&id).expect("it is known");
    house.admission.deactivate(&id);
    let mut client = house.adopt(before, Version::V5, "late", connect(), b"");
    assert_eq!(client.next(), Got::Closed);
    house
        .events
        .wait_for_cause("connect", "refused", "certificate INACTIVE");
}
