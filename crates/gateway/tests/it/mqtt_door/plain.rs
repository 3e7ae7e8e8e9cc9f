// SPDX-License-Identifier: Apache-2.0
//! The plain door: anonymous clients, if there is a policy for them; and ids for who has none.

use std::io::Write;

use hw_gateway::mqtt_door::DoorSettings;
use hw_mqtt::{Packet, Qos, Version, decode};

use super::client::{Client, Got, connect_packet};
use super::fakes::ALLOW_ALL;
use super::house::{House, until_refused};

#[test]
fn nobody_is_anonymous_without_a_policy() {
    let house = House::with(false, DoorSettings::default());
    let told = until_refused(house.dial(), &connect_packet(Version::V311, "bench", 60));
    assert_eq!(told, "[20, 02, 00, 05]");
    let told = until_refused(house.dial(), &connect_packet(Version::V5, "bench", 60));
    assert!(told.starts_with("[20, 03, 00, 87"), "{told}");
    let event = house
        .events
        .wait_for_cause("connect", "refused", "anonymous");
    assert_eq!(event.client_id.as_deref(), Some("bench"));
    house.admission.put("anonymous", ALLOW_ALL);
    let mut client = Client::new(house.dial(), Version::V311);
    let connect = connect_packet(Version::V311, "bench", 60);
    for byte in &connect {
        client.socket.write_all(&[*byte]).expect("the door reads");
    }
    assert_eq!(client.next(), Got::ConnAck(0));
    client.subscribe("a", Qos::AtMostOnce);
    client.publish("a", b"x", 0);
    assert_eq!(client.message().1, b"x");
}

#[test]
fn an_empty_client_id_gets_one() {
    let house = House::with(false, DoorSettings::default());
    house.admission.put("anonymous", ALLOW_ALL);
    let mut clients: Vec<_> = (0..2)
        .map(|_| {
            let mut client = Client::new(house.dial(), Version::V311);
            client.send(&connect_packet(Version::V311, "", 60));
            assert_eq!(client.next(), Got::ConnAck(0));
            client
        })
        .collect();
    clients.iter_mut().for_each(Client::ping);
    let mut socket = house.dial();
    socket
        .write_all(&connect_packet(Version::V5, "", 60))
        .expect("the door reads");
    let mut packet = vec![0; 256];
    let count = std::io::Read::read(&mut socket, &mut packet).expect("a CONNACK");
    let Ok(Packet::ConnAck(connack)) = decode(Version::V5, &packet[..count]) else {
        panic!("no CONNACK: {packet:?}");
    };
    let assigned = connack
        .properties
        .assigned_client_identifier()
        .expect("it is told");
    assert!(
        assigned.starts_with("auto-") && assigned.len() == 37,
        "{assigned}"
    );
    let told = until_refused(house.dial(), b"\x10\x0C\0\x04MQTT\x04\0\0\x3C\0\0");
    assert_eq!(told, "[20, 02, 00, 02]");
}

#[test]
fn a_closed_door_leaves_its_port_and_its_clients() {
    let house = House::with(
        false,
        DoorSettings {
            threads: 2,
            ..DoorSettings::default()
        },
    );
    house.admission.put("anonymous", ALLOW_ALL);
    let mut client = Client::new(house.dial(), Version::V311);
    client.send(&connect_packet(Version::V311, "stays", 60));
    assert_eq!(client.next(), Got::ConnAck(0));
    let mut waiting = Client::new(house.dial(), Version::V311);
    house.door.close();
    assert!(std::net::TcpStream::connect(house.door.local_addr()).is_err());
    assert_eq!(waiting.next(), Got::Closed);
    client.ping();
}
