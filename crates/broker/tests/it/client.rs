// SPDX-License-Identifier: Apache-2.0
//! A blocking MQTT client that shows every packet it gets.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use hw_mqtt::encode::PublishExtra;
use hw_mqtt::{
    Connect, Packet, Properties, Publish, Qos, RetainHandling, SubscribeOptions, Version, decode,
    encode, frame,
};

use super::fakes::PATIENCE;

/// What a client got, owned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Got {
    /// CONNACK with its code.
    ConnAck(u8),
    /// PUBLISH: topic, payload, QoS, packet id.
    Publish(String, Vec<u8>, u8, u16),
    /// PUBACK: packet id, reason.
    PubAck(u16, u8),
    /// SUBACK: packet id, codes.
    SubAck(u16, Vec<u8>),
    /// PINGRESP.
    Pong,
    /// DISCONNECT with its reason.
    Disconnect(u8),
    /// The server has closed.
    Closed,
    /// Another packet.
    Other(String),
}

/// One connection.
pub struct Client<S = TcpStream> {
    /// Its socket, for tests that do it wrong.
    pub socket: S,
    version: Version,
    read: Vec<u8>,
}

/// A CONNECT packet.
pub fn connect_packet(version: Version, client_id: &str, keep_alive_seconds: u16) -> Vec<u8> {
    let connect = Connect {
        version,
        bridge: false,
        clean_start: true,
        keep_alive_seconds,
        client_id,
        will: None,
        user_name: None,
        password: None,
        properties: Properties::EMPTY,
    };
    let mut packet = Vec::new();
    encode::connect(&mut packet, &connect).expect("a CONNECT");
    packet
}

/// A SUBSCRIBE packet.
pub fn subscribe_packet(version: Version, packet_id: u16, filter: &str, qos: Qos) -> Vec<u8> {
    let options = SubscribeOptions {
        qos,
        no_local: false,
        retain_as_published: false,
        retain_handling: RetainHandling::Always,
    };
    let mut packet = Vec::new();
    encode::subscribe(
        &mut packet,
        version,
        packet_id,
        Properties::EMPTY,
        [(filter, options)],
    )
    .expect("a SUBSCRIBE");
    packet
}

/// A PUBLISH packet; QoS 1 if it has a packet id.
pub fn publish_packet(version: Version, topic: &str, payload: &[u8], packet_id: u16) -> Vec<u8> {
    let qos = if packet_id == 0 {
        Qos::AtMostOnce
    } else {
        Qos::AtLeastOnce
    };
    let publish = Publish {
        dup: false,
        qos,
        retain: false,
        topic,
        packet_id,
        properties: Properties::EMPTY,
        payload,
    };
    let mut packet = Vec::new();
    encode::publish(&mut packet, version, &publish, &PublishExtra::default()).expect("a PUBLISH");
    packet
}

impl Client {
    /// Around a connected socket.
    pub fn new(socket: TcpStream, version: Version) -> Self {
        socket
            .set_read_timeout(Some(PATIENCE))
            .expect("a time limit");
        Self::over(socket, version)
    }

    /// Nothing may come for a while; then a ping proves that the connection lives.
    pub fn expect_silence(&mut self, span: Duration) {
        self.socket
            .set_read_timeout(Some(span))
            .expect("a time limit");
        let mut byte = [0; 1];
        let came = self.socket.peek(&mut byte);
        assert!(
            came.is_err() && self.read.is_empty(),
            "something came: {:?}",
            self.next()
        );
        self.socket
            .set_read_timeout(Some(PATIENCE))
            .expect("a time limit");
        self.ping();
    }
}

impl<S: Read + Write> Client<S> {
    /// Its version of MQTT.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Around any stream that gives up reading by itself.
    pub fn over(socket: S, version: Version) -> Self {
        Self {
            socket,
            version,
            read: Vec::new(),
        }
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).expect("the server reads");
    }

    /// Subscribes, and gives the code.
    pub fn subscribe(&mut self, filter: &str, qos: Qos) -> u8 {
        self.send(&subscribe_packet(self.version, 7, filter, qos));
        match self.next() {
            Got::SubAck(7, codes) => codes[0],
            other => panic!("no SUBACK but {other:?}"),
        }
    }

    /// Publishes; QoS 1 if it has a packet id.
    pub fn publish(&mut self, topic: &str, payload: &[u8], packet_id: u16) {
        self.send(&publish_packet(self.version, topic, payload, packet_id));
    }

    /// The next packet.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Got {
        loop {
            if let Some(frame) = frame::peek(&self.read, usize::MAX).expect("good bytes")
                && frame.total_len <= self.read.len()
            {
                let packet: Vec<u8> = self.read.drain(..frame.total_len).collect();
                return owned(decode(self.version, &packet).expect("a good packet"));
            }
            let mut bytes = [0; 65_536];
            match self.socket.read(&mut bytes) {
                Ok(0) => return Got::Closed,
                Ok(count) => self.read.extend_from_slice(&bytes[..count]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Got::Closed,
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Got::Closed,
                Err(error) => panic!("nothing came: {error}"),
            }
        }
    }

    /// The next message.
    pub fn message(&mut self) -> (String, Vec<u8>) {
        match self.next() {
            Got::Publish(topic, payload, ..) => (topic, payload),
            other => panic!("no PUBLISH but {other:?}"),
        }
    }

    /// The same where messages may come before the answer.
    pub fn ping_among_messages(&mut self) {
        self.send(b"\xC0\0");
        while self.next() != Got::Pong {}
    }

    /// Waits until the server has worked off all that was sent.
    pub fn ping(&mut self) {
        self.send(b"\xC0\0");
        assert_eq!(self.next(), Got::Pong);
    }
}

fn owned(packet: Packet<'_>) -> Got {
    match packet {
        Packet::ConnAck(connack) => Got::ConnAck(connack.code),
        Packet::Publish(publish) => Got::Publish(
            publish.topic.to_owned(),
            publish.payload.to_vec(),
            publish.qos as u8,
            publish.packet_id,
        ),
        Packet::PubAck(puback) => Got::PubAck(puback.packet_id, puback.reason),
        Packet::SubAck(suback) => Got::SubAck(suback.packet_id, suback.codes.to_vec()),
        Packet::PingResp(_) => Got::Pong,
        Packet::Disconnect(disconnect) => Got::Disconnect(disconnect.reason),
        other => Got::Other(format!("{other:?}")),
    }
}
