// SPDX-License-Identifier: Apache-2.0
//! What is refused, how it is answered, and that an event says why.

use hw_mqtt::{Qos, Version};

use crate::client::Got;
use crate::fakes::fake_certificate_id;
use crate::house::House;

const METER: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:*:*:client/${iot:Connection.Thing.ThingName}"},
    {"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:*:*:topic/things/${iot:ClientId}"},
    {"Effect":"Allow","Action":"iot:Subscribe","Resource":"arn:aws:iot:*:*:topicfilter/open/*"}]}"#;

fn meter_house() -> (House, String) {
    let house = House::new(1);
    let id = fake_certificate_id(b"meter").to_string();
    house.admission.put(&id, METER);
    house.admission.attach(&id, "m1");
    (house, id)
}

#[test]
fn a_connect_that_no_policy_allows() {
    let (house, id) = meter_house();
    let mut stranger = house.dial(&id, Version::V311, "stranger", b"");
    assert_eq!(
        (stranger.next(), stranger.next()),
        (Got::ConnAck(5), Got::Closed)
    );
    let mut newer = house.dial(&id, Version::V5, "stranger", b"");
    assert_eq!(
        (newer.next(), newer.next()),
        (Got::ConnAck(0x87), Got::Closed)
    );
    let event = house
        .events
        .wait_for_cause("connect", "refused", "client id is not the name");
    assert_eq!(event.principal, Some(id.clone()));
    assert_eq!(event.client_id.as_deref(), Some("stranger"));
    assert_eq!(event.address.as_deref(), Some("127.0.0.1"));
    house.connect_as(&id, Version::V311, "m1");
    assert!(house.events.all().iter().all(|event| event.outcome != "ok"));
}

#[test]
fn a_denied_publish_disconnects_and_a_denied_filter_does_not() {
    let (house, id) = meter_house();
    let mut client = house.connect_as(&id, Version::V5, "m1");
    assert_eq!(client.subscribe("closed/x", Qos::AtLeastOnce), 0x80);
    assert_eq!(client.subscribe("open/x", Qos::AtLeastOnce), 1);
    client.publish("things/m1", b"", 1);
    assert_eq!(client.next(), Got::PubAck(1, 0x10));
    client.publish("things/m2", b"", 2);
    let end = [client.next(), client.next(), client.next()];
    assert_eq!(
        end,
        [Got::PubAck(2, 0x87), Got::Disconnect(0x87), Got::Closed]
    );
    let event = house
        .events
        .wait_for_cause("publish", "refused", "no Allow applies");
    assert_eq!(event.thing.as_deref(), Some("m1"));
    assert_eq!(event.topic.as_deref(), Some("things/m2"));
    house
        .events
        .wait_for_cause("subscribe", "refused", "no Allow applies");
    let kept = house.log.wait_for(1);
    assert_eq!(kept.len(), 1, "what was refused is not kept");
}

#[test]
fn broken_packets_disturb_nobody_else() {
    let house = House::new(1);
    let mut healthy = house.connect("healthy");
    for bytes in [
        &b"\x00\x00"[..],
        b"\x36\x05",
        b"\x30\x02\x00\x05",
        b"\x82\x02\x00\x00",
        b"\xff\xff\xff\xff\xff",
    ] {
        let mut broken = house.connect_as("anonymous", Version::V5, "broken");
        broken.send(bytes);
        assert!(matches!(broken.next(), Got::Disconnect(_)), "{bytes:?}");
        assert_eq!(broken.next(), Got::Closed);
        healthy.ping();
    }
    house.events.wait_for_cause("packet", "refused", "");
}
