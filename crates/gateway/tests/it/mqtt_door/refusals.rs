// SPDX-License-Identifier: Apache-2.0
//! Who does not get through: the peer gets a fitting alert, an event tells cause and address.

use std::sync::atomic::Ordering;

use hw_mqtt::Version;

use super::client::connect_packet;
use super::fakes::{ALLOW_ALL, fake_certificate_id};
use super::house::{House, until_refused};
use super::pki::{Pair, Tls};

#[test]
fn certificates_that_do_not_count() {
    let house = House::sealed();
    let (inactive, id) = house.device(ALLOW_ALL);
    house.admission.deactivate(&id);
    let expired = Pair::until("device", 2024);
    house.admission.put(
        &fake_certificate_id(&expired.certificate).to_string(),
        ALLOW_ALL,
    );
    let stranger = Pair::new("stranger");
    let cases = [
        (
            Some(&inactive),
            "certificate INACTIVE",
            "CertificateRevoked",
        ),
        (Some(&expired), "certificate expired", "CertificateExpired"),
        (Some(&stranger), "certificate unknown", "UnknownCA"),
        (None, "no client certificate", "CertificateRequired"),
    ];
    let connect = connect_packet(Version::V311, "device", 60);
    for (device, cause, alert) in cases {
        for tls in [Tls::V12, Tls::V13] {
            let told = until_refused(house.dial_sealed(device, tls), &connect);
            let event = house.events.wait_for_cause("connect", "refused", cause);
            assert_eq!(event.address.as_deref(), Some("127.0.0.1"));
            // TLS 1.2 has no alert of that name.
            let alert = if device.is_none() && tls == Tls::V12 {
                "alert"
            } else {
                alert
            };
            assert!(told.contains(alert), "{cause}, {tls:?}: {told}");
        }
    }
    assert_eq!(
        house
            .broker
            .status()
            .shards
            .iter()
            .map(|s| s.loops.arrivals)
            .sum::<u64>(),
        0
    );
}

/// A certificate is looked up in the middle of the handshake; whoever holds it is asked for again only
/// if something has changed by its end.
#[test]
fn a_change_during_the_handshake_counts() {
    let house = House::sealed();
    let (device, _) = house.device(ALLOW_ALL);
    let connect = connect_packet(Version::V311, "device", 60);
    for (tls, looks) in [(Tls::V12, 1), (Tls::V13, 2)] {
        house.connect(&device, tls, Version::V311, "device");
        assert_eq!(house.admission.asked.load(Ordering::Acquire), looks);
    }
    house
        .admission
        .changes_behind
        .store(true, Ordering::Release);
    until_refused(house.dial_sealed(Some(&device), Tls::V13), &connect);
    let cause = "certificate INACTIVE";
    house.events.wait_for_cause("connect", "refused", cause);
    assert_eq!(house.admission.asked.load(Ordering::Acquire), 4);
}

#[test]
fn bytes_that_are_no_handshake_or_no_connect() {
    let house = House::sealed();
    until_refused(house.dial(), b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    house
        .events
        .wait_for_cause("connect", "refused", "not a TLS handshake");
    let (device, id) = house.device(ALLOW_ALL);
    let told = until_refused(house.dial_sealed(Some(&device), Tls::V13), b"\xC0\0");
    assert_eq!(told, "[]", "closed in good order");
    let event = house
        .events
        .wait_for_cause("connect", "refused", "not CONNECT");
    assert_eq!(event.principal, Some(id));
    // 128 MB announced: refused by its header.
    until_refused(
        house.dial_sealed(Some(&device), Tls::V13),
        b"\x10\xff\xff\xff\x3f",
    );
    house
        .events
        .wait_for_cause("connect", "refused", "at most 262144");
    // A level that nobody speaks, told in the form of the newest one.
    let strange = b"\x10\x0E\0\x06MQIsdp\x02\x02\0\x3C\0\0";
    let told = until_refused(house.dial_sealed(Some(&device), Tls::V12), strange);
    assert_eq!(told, "[20, 03, 00, 84, 00]");
}

#[test]
fn broken_hellos_end_nobody_but_themselves() {
    let house = House::sealed();
    let (device, _) = house.device(ALLOW_ALL);
    let mut hello = Vec::new();
    let mut stream = house.dial_sealed(Some(&device), Tls::V13);
    stream
        .conn
        .write_tls(&mut hello)
        .expect("a buffer takes all");
    let mut seed = 7u32;
    let mut random = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize
    };
    for _ in 0..300 {
        let mut broken = hello.clone();
        for _ in 0..1 + random() % 4 {
            let at = random() % broken.len();
            broken[at] = random() as u8;
        }
        broken.truncate(1 + random() % broken.len());
        let mut socket = house.dial();
        // It may be cut before all is written.
        let _ = std::io::Write::write_all(&mut socket, &broken);
    }
    house
        .connect(&device, Tls::V13, Version::V311, "healthy")
        .ping();
    assert!(
        house
            .events
            .all()
            .iter()
            .all(|event| !event.cause.contains("internal"))
    );
}
