// SPDX-License-Identifier: Apache-2.0
//! A broker with a door, and clients that come through it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use hw_broker::{Broker, BrokerConfig, Deps};
use hw_gateway::mqtt_door::{DoorDeps, DoorSettings, MqttDoor, Security};
use hw_gateway::tls::ServerIdentity;
use hw_kernel::port::clock::SystemClock;
use hw_mqtt::Version;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::client::{Client, Got, connect_packet};
use super::fakes::{EventList, FakeAdmission, FakeLog, PATIENCE, fake_certificate_id};
use super::pki::{Pair, Tls, client_config};

/// A TLS stream of a client.
pub type Sealed = StreamOwned<ClientConnection, TcpStream>;

/// A broker behind one door.
pub struct House {
    /// The door.
    pub door: MqttDoor,
    /// The broker.
    pub broker: Arc<Broker>,
    /// Its principals.
    pub admission: Arc<FakeAdmission>,
    /// All events.
    pub events: Arc<EventList>,
    /// The server's certificate.
    pub server: Pair,
    /// As the door shows it.
    pub shown: ServerIdentity,
}

impl House {
    /// With TLS or without, and these limits.
    pub fn with(tls: bool, settings: DoorSettings) -> Self {
        let (admission, events) = (Arc::<FakeAdmission>::default(), Arc::<EventList>::default());
        let clock = Arc::new(SystemClock::default());
        let deps = Deps {
            log: Arc::<FakeLog>::default(),
            clock: clock.clone(),
            events: events.clone(),
            admission: admission.clone(),
        };
        let config = BrokerConfig {
            shards: 2,
            ..BrokerConfig::default()
        };
        let broker = Broker::start(config, deps).expect("it starts");
        let server = Pair::new("localhost");
        let shown = server.identity();
        let security = if tls {
            Security::Tls(shown.clone())
        } else {
            Security::Plain
        };
        let deps = DoorDeps {
            broker: broker.clone(),
            admission: admission.clone(),
            authorizing: None,
            events: events.clone(),
            clock,
        };
        let any = "127.0.0.1:0".parse().expect("an address");
        let door = MqttDoor::bind(any, security, settings, deps).expect("it opens");
        Self {
            door,
            broker,
            admission,
            events,
            server,
            shown,
        }
    }

    /// A TLS door.
    pub fn sealed() -> Self {
        Self::with(true, DoorSettings::default())
    }

    /// A device whose certificate is known and has that policy, and its id.
    pub fn device(&self, policy: &str) -> (Pair, String) {
        let device = Pair::new("device");
        let id = fake_certificate_id(&device.certificate).to_string();
        self.admission.put(&id, policy);
        (device, id)
    }

    /// A TCP connection to the door.
    pub fn dial(&self) -> TcpStream {
        let socket = TcpStream::connect(self.door.local_addr()).expect("a connection");
        socket
            .set_read_timeout(Some(PATIENCE))
            .expect("a time limit");
        socket.set_nodelay(true).expect("no delay");
        socket
    }

    /// TLS to the door; the handshake is done with the first byte.
    pub fn dial_sealed(&self, device: Option<&Pair>, tls: Tls) -> Sealed {
        self.dial_config(client_config(&self.server, device, tls))
    }

    /// The same with a configuration of its own.
    pub fn dial_config(&self, config: Arc<ClientConfig>) -> Sealed {
        let name = "localhost".try_into().expect("a name");
        let connection = ClientConnection::new(config, name).expect("a connection");
        StreamOwned::new(connection, self.dial())
    }

    /// An accepted MQTT connection over TLS.
    pub fn connect(&self, device: &Pair, tls: Tls, version: Version, id: &str) -> Client<Sealed> {
        let mut client = Client::over(self.dial_sealed(Some(device), tls), version);
        client.send(&connect_packet(version, id, 60));
        assert_eq!(client.next(), Got::ConnAck(0));
        client
    }
}

/// Writes and reads until the server ends the connection; says how.
pub fn until_refused(mut stream: impl Read + Write, bytes: &[u8]) -> String {
    let written = stream.write_all(bytes).and_then(|()| stream.flush());
    let mut answer = Vec::new();
    match written.and_then(|()| stream.read_to_end(&mut answer)) {
        Ok(_) => format!("{answer:02x?}"),
        Err(error) => error.to_string(),
    }
}
