// SPDX-License-Identifier: Apache-2.0
//! What stands in the Log: records, messages and events out of any bytes, and back to the same.
#![no_main]

use hw_kernel::record::batch::{self, Batch, RecordRef};
use hw_kernel::record::{event, message};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    records(data);
    body(data);
});

fn records(data: &[u8]) {
    let mut again = Batch::default();
    let all: Vec<RecordRef<'_>> = batch::records(data).collect();
    for record in &all {
        again.push(&record.envelope, |out| out.extend_from_slice(record.body));
        body(record.body);
    }
    assert_eq!(again.len(), all.len());
    assert!(again.bytes().len() <= data.len());
    assert_eq!(batch::records(again.bytes()).collect::<Vec<_>>(), all);
    if let Ok((_, taken)) = batch::decode(data) {
        for cut in [0, 1, taken / 2, taken - 1] {
            assert!(batch::decode(&data[..cut]).is_err(), "{cut}");
        }
    }
}

fn body(body: &[u8]) {
    if let Ok(read) = message::decode(body) {
        message_comes_back(&read);
    }
    match event::decode(body) {
        Ok(read) => {
            let mut out = Vec::new();
            event::encode(&read, &mut out);
            assert_eq!(event::decode(&out), Ok(read));
        }
        Err(bad) => assert!(!bad.to_string().is_empty()),
    }
}

fn message_comes_back(read: &message::Decoded<'_>) {
    let Ok(recipients) = read.recipients() else {
        return;
    };
    let message = message::Message {
        topic: read.topic,
        client_id: read.client_id,
        principal: read.principal,
        thing: read.thing,
        qos: read.qos,
        retain: read.retain,
        properties: read.properties,
        payload: read.payload,
        recipients: &recipients,
    };
    let mut out = Vec::new();
    message::encode(&message, &mut out);
    let again = message::decode(&out);
    assert_eq!(again.as_ref(), Ok(read));
    assert_eq!(again.map(|again| again.recipients()), Ok(Ok(recipients)));
}
