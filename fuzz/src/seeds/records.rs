// SPDX-License-Identifier: Apache-2.0
//! Bodies of messages and events, and rows of records.

use hw_fuzz::segment::{HEADER_BYTES, Segment};
use hw_kernel::Event;
use hw_kernel::record::event;
use hw_kernel::record::message::{Message, PrincipalRef, Recipient, encode};
use hw_model::{AccountId, CertificateId};

use crate::Seeds;

/// Bodies alone, and in records.
pub fn all() -> Seeds {
    let bodies = bodies();
    let mut segment = Segment::new(1, 0);
    bodies.iter().for_each(|body| segment.push(body));
    let records = segment.file[HEADER_BYTES..].to_vec();
    bodies.into_iter().chain([records]).collect()
}

fn bodies() -> Seeds {
    let recipients = [
        Recipient {
            session: 9,
            qos: 1,
            subscription_ids: vec![1, 268_435_455],
        },
        Recipient {
            session: u64::MAX,
            qos: 2,
            subscription_ids: vec![],
        },
    ];
    let bare = Message {
        topic: "a/ü",
        client_id: "m1",
        principal: PrincipalRef::None,
        thing: None,
        qos: 0,
        retain: false,
        properties: &[],
        payload: b"{\"flow\":1}",
        recipients: &[],
    };
    let certificate = PrincipalRef::Certificate(CertificateId([7; 32]));
    let whole = Message {
        principal: certificate,
        thing: Some("m1"),
        qos: 1,
        retain: true,
        properties: &[1, 1],
        recipients: &recipients,
        ..bare
    };
    let by_key = Message {
        principal: PrincipalRef::Other("key-1"),
        client_id: "",
        ..bare
    };
    let mut bodies = Seeds::new();
    for message in [bare, whole, by_key] {
        encode(&message, bodies.push_mut(Vec::new()));
    }
    let plain = Event::new(
        AccountId::FIRST,
        "connect",
        "refused",
        "certificate INACTIVE",
    );
    let full = Event {
        thing: Some("m1".into()),
        client_id: Some("m1".into()),
        principal: Some("ab".into()),
        topic: Some("a/b".into()),
        address: Some("192.0.2.7".into()),
        trace_id: Some("1-2-3".into()),
        count: u64::MAX,
        ..plain.clone()
    };
    for one in [plain, full] {
        event::encode(&one, bodies.push_mut(Vec::new()));
    }
    bodies
}
