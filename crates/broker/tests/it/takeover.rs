// SPDX-License-Identifier: Apache-2.0
//! One client id, many connections: exactly one stays, whoever the others were.

use std::io::Write;

use hw_mqtt::{Qos, Version};

use crate::client::{Got, publish_packet, subscribe_packet};
use crate::house::House;

#[test]
fn the_newer_connection_takes_the_id() {
    let house = House::new(2);
    let mut old = house.connect_as("anonymous", Version::V5, "same");
    let mut new = house.connect("same");
    assert_eq!(
        (old.next(), old.next()),
        (Got::Disconnect(0x8E), Got::Closed)
    );
    new.ping();
    house
        .events
        .wait_for_cause("disconnect", "closed", "taken over");
    assert_eq!(house.broker.status().connections(), 1);
}

#[test]
fn two_hundred_clients_of_one_id_leave_one_alive() {
    let house = House::new(2);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let house = &house;
            scope.spawn(move || {
                for n in 0..50 {
                    let version = if n % 2 == 0 {
                        Version::V311
                    } else {
                        Version::V5
                    };
                    let rest = [
                        subscribe_packet(version, 1, "jitter/#", Qos::AtLeastOnce),
                        publish_packet(version, &format!("jitter/{thread}"), b"x", 2),
                    ];
                    let mut client = house.dial("anonymous", version, "one", &rest.concat());
                    // It may be gone already.
                    let _ = client.socket.write_all(b"\xC0\0");
                }
            });
        }
    });
    let mut last = house.connect("one");
    last.subscribe("still", Qos::AtMostOnce);
    last.publish("still", b"alive", 0);
    assert_eq!(last.message(), ("still".into(), b"alive".to_vec()));
    let status = house.broker.status();
    assert_eq!((status.connections(), status.subscriptions), (1, 1));
}
