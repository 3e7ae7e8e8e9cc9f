// SPDX-License-Identifier: Apache-2.0
//! Presence messages through the real host: AWS's fields, the tables, and policies.

use hw_broker::{BrokerConfig, Keep};
use hw_model::AccountId;
use hw_mqtt::{Qos, Version};
use serde_json::{Value, json};

use crate::client::Got;
use crate::fakes::fake_certificate_id;
use crate::house::House;

const METER: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:*:*:client/m1"},
    {"Effect":"Allow","Action":["iot:Publish","iot:Receive"],"Resource":"*"},
    {"Effect":"Allow","Action":"iot:Subscribe","Resource":"arn:aws:iot:*:*:topicfilter/a"}]}"#;

/// The message without its time and its session identifier, and that.
fn fields(payload: &[u8]) -> (Value, String) {
    let mut value: Value = serde_json::from_slice(payload).expect("JSON");
    let object = value.as_object_mut().expect("an object");
    let time = object.shift_remove("timestamp").expect("a time");
    assert!(
        time.as_i64().is_some_and(|time| time > 1_600_000_000_000),
        "milliseconds: {time}"
    );
    let session = object.shift_remove("sessionIdentifier").expect("a session");
    let session = session.as_str().expect("text").to_owned();
    let dashes: Vec<_> = session.match_indices('-').map(|(at, _)| at).collect();
    assert_eq!((session.len(), dashes), (36, vec![8, 13, 18, 23]));
    (value, session)
}

#[test]
fn they_have_the_fields_of_aws_and_are_kept() {
    let keep = vec!["$aws/events/presence/#".to_owned()];
    let house = House::with(BrokerConfig {
        shards: 2,
        keep: Keep::Filters([(AccountId::FIRST, keep)].into()),
        ..BrokerConfig::default()
    });
    let id = fake_certificate_id(b"meter").to_string();
    house.admission.put(&id, METER);
    let mut heard = house.connect("listener");
    assert_eq!(heard.subscribe("$aws/events/+/+/m1", Qos::AtLeastOnce), 1);
    assert_eq!(
        heard.subscribe("$aws/events/presence/connect_failed/m2", Qos::AtLeastOnce),
        1
    );

    let mut client = house.connect_as(&id, Version::V311, "m1");
    assert_eq!(client.subscribe("a", Qos::AtMostOnce), 0);
    drop(client);
    let mut told = Vec::new();
    for _ in 0..3 {
        let (topic, payload) = heard.message();
        told.push((topic, fields(&payload)));
    }
    let sessions: Vec<_> = told
        .iter()
        .map(|(_, (_, session))| session.clone())
        .collect();
    assert!(sessions.iter().all(|session| *session == sessions[0]));
    let told: Vec<_> = told
        .into_iter()
        .map(|(topic, (fields, _))| (topic, fields))
        .collect();
    assert_eq!(
        told,
        [
            (
                "$aws/events/presence/connected/m1".to_owned(),
                json!({"clientId": "m1", "eventType": "connected", "principalIdentifier": id,
                    "ipAddress": "127.0.0.1", "versionNumber": 0}),
            ),
            (
                "$aws/events/subscriptions/subscribed/m1".to_owned(),
                json!({"clientId": "m1", "eventType": "subscribed", "principalIdentifier": id,
                    "topics": ["a"]}),
            ),
            (
                "$aws/events/presence/disconnected/m1".to_owned(),
                json!({"clientId": "m1", "eventType": "disconnected",
                    "clientInitiatedDisconnect": false, "principalIdentifier": id,
                    "disconnectReason": "CONNECTION_LOST", "versionNumber": 0}),
            ),
        ]
    );

    let mut refused = house.dial(&id, Version::V311, "m2", b"");
    assert_eq!(refused.next(), Got::ConnAck(5));
    let (_, payload) = heard.message();
    assert_eq!(
        fields(&payload).0,
        json!({"clientId": "m2", "eventType": "connect_failed", "principalIdentifier": id,
            "connectFailureReason": "AUTHORIZATION_FAILED", "ipAddress": "127.0.0.1"})
    );
    let kept: Vec<_> = house
        .log
        .wait_for(4)
        .into_iter()
        .map(|(topic, _)| topic)
        .collect();
    for moment in ["connected/m1", "disconnected/m1", "connect_failed/m2"] {
        assert!(
            kept.contains(&format!("$aws/events/presence/{moment}")),
            "{kept:?}"
        );
    }
}

#[test]
fn a_device_that_may_do_anything_speaks_for_nobody_else() {
    let house = House::new(1);
    let mut heard = house.connect("listener");
    let secrets = [
        "$aws/events/presence/connected/x",
        "$SYS/x",
        "$aws/things/x/shadow/update",
        "$aws/rules/",
    ];
    for secret in secrets {
        assert_eq!(heard.subscribe(secret, Qos::AtLeastOnce), 1);
    }
    for secret in secrets {
        let mut liar = house.connect_as("anonymous", Version::V5, "liar");
        liar.publish(secret, b"{}", 1);
        assert!(
            matches!(liar.next(), Got::Disconnect(_) | Got::PubAck(1, 0x80..)),
            "{secret}"
        );
    }
    let mut device = house.connect("device");
    assert_eq!(heard.subscribe("$aws/rules/#", Qos::AtLeastOnce), 1);
    device.publish("$aws/rules/store/a/b", b"1", 1);
    assert_eq!(device.next(), Got::PubAck(1, 0));
    device.publish("done", b"", 2);
    assert_eq!(heard.subscribe("done", Qos::AtMostOnce), 0);
    heard.ping();
    let kept: Vec<_> = house
        .log
        .wait_for(2)
        .into_iter()
        .map(|(topic, _)| topic)
        .collect();
    assert_eq!(
        kept,
        ["$aws/rules/store/a/b", "done"],
        "and nothing that was refused"
    );
}
