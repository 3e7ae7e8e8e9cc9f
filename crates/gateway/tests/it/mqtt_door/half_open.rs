// SPDX-License-Identifier: Apache-2.0
//! Peers that do not come to the point: they block nobody, cost little and are cut in time.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use hw_gateway::mqtt_door::DoorSettings;
use hw_mqtt::Version;

use super::client::{Client, Got, connect_packet};
use super::fakes::ALLOW_ALL;
use super::house::House;
use super::pki::Tls;

fn is_cut(mut socket: &TcpStream) -> bool {
    // An alert may come first.
    let mut bytes = [0; 64];
    loop {
        match socket.read(&mut bytes) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return error.kind() == std::io::ErrorKind::ConnectionReset,
        }
    }
}

#[test]
fn slow_peers_block_nobody_and_are_cut_in_time() {
    let deadline = Duration::from_millis(1_500);
    let settings = DoorSettings {
        handshake_deadline: deadline,
        ..DoorSettings::default()
    };
    let house = House::with(true, settings);
    let (device, _) = house.device(ALLOW_ALL);
    let start = Instant::now();
    let slow: Vec<_> = (0..300)
        .map(|n| {
            let mut socket = house.dial();
            // Nothing, one byte, or a record that is announced and does not come.
            let bytes: &[u8] = [&b""[..], b"\x16", b"\x16\x03\x01\x40\x00\x01"][n % 3];
            socket.write_all(bytes).expect("the door takes it");
            socket
        })
        .collect();
    let mut silent = house.dial_sealed(Some(&device), Tls::V13);
    silent
        .conn
        .complete_io(&mut silent.sock)
        .expect("a handshake");
    for n in 0..5 {
        house
            .connect(&device, Tls::V13, Version::V311, &format!("healthy-{n}"))
            .ping();
    }
    assert!(
        start.elapsed() < deadline,
        "healthy clients waited: {:?}",
        start.elapsed()
    );
    assert!(slow.iter().all(is_cut) && is_cut(&silent.sock));
    let took = start.elapsed();
    assert!(
        took >= deadline && took < deadline + Duration::from_secs(3),
        "{took:?}"
    );
    house
        .events
        .wait_for_cause("connect", "refused", "no whole CONNECT within");
}

#[test]
fn half_open_ones_are_bounded_and_the_oldest_goes() {
    let settings = DoorSettings {
        handshakes_open_max: 10,
        ..DoorSettings::default()
    };
    let house = House::with(false, settings);
    house.admission.put("anonymous", ALLOW_ALL);
    let waiting: Vec<_> = (0..25).map(|_| house.dial()).collect();
    for cut in &waiting[..15] {
        assert!(is_cut(cut));
    }
    house
        .events
        .wait_for_cause("connect", "refused", "more than 10 handshakes open");
    for open in &waiting[15..] {
        open.set_read_timeout(Some(Duration::from_millis(5)))
            .expect("a time limit");
        assert!(!is_cut(open));
    }
}

#[test]
fn those_who_come_at_once_come_in_one_after_the_other() {
    let settings = DoorSettings {
        accepts_per_second_max: 10,
        ..DoorSettings::default()
    };
    let house = House::with(false, settings);
    house.admission.put("anonymous", ALLOW_ALL);
    let start = Instant::now();
    let mut clients: Vec<_> = (0..25)
        .map(|n| {
            let mut client = Client::new(house.dial(), Version::V311);
            client.send(&connect_packet(Version::V311, &format!("back-{n}"), 60));
            client
        })
        .collect();
    let came: Vec<Duration> = clients
        .iter_mut()
        .map(|client| {
            assert_eq!(client.next(), Got::ConnAck(0));
            start.elapsed()
        })
        .collect();
    // Ten at once, and a tenth of a second between the others.
    assert!(came[24] >= Duration::from_millis(1_400), "{came:?}");
}
