// SPDX-License-Identifier: Apache-2.0
//! A broker with its fakes, and the door's half of a connection by hand.

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use hw_broker::{Broker, BrokerConfig, Deps, Handover, Keep};
use hw_kernel::port::clock::SystemClock;
use hw_kernel::{Log, Principal};
use hw_model::AccountId;
use hw_mqtt::Version;

use crate::client::{Client, Got, connect_packet};
use crate::fakes::{ALLOW_ALL, EventList, FakeAdmission, FakeLog};

/// A running broker and what it runs on.
pub struct House {
    /// The broker.
    pub broker: Arc<Broker>,
    /// Its log.
    pub log: Arc<FakeLog>,
    /// Its principals; `anonymous` may do everything.
    pub admission: Arc<FakeAdmission>,
    /// Its events.
    pub events: Arc<EventList>,
    listener: TcpListener,
}

impl House {
    /// With so many shards.
    pub fn new(shards: u16) -> Self {
        Self::with(BrokerConfig {
            shards,
            ..BrokerConfig::default()
        })
    }

    /// With settings.
    pub fn with(mut config: BrokerConfig) -> Self {
        if config.keep == Keep::All {
            // All that clients publish: not what the server says of them.
            config.keep = Keep::Filters([(AccountId::FIRST, vec!["#".into()])].into());
        }
        let log = Arc::<FakeLog>::default();
        Self::of(config, log.clone(), log)
    }

    fn of(config: BrokerConfig, port: Arc<dyn Log>, log: Arc<FakeLog>) -> Self {
        let (admission, events) = (Arc::<FakeAdmission>::default(), Arc::default());
        admission.put("anonymous", ALLOW_ALL);
        let deps = Deps {
            log: port,
            clock: Arc::new(SystemClock::default()),
            events: Arc::<EventList>::clone(&events),
            admission: admission.clone(),
        };
        let broker = Broker::start(config, deps).expect("it starts");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        Self {
            broker,
            log,
            admission,
            events,
            listener,
        }
    }

    /// On another log.
    pub fn on(log: Arc<dyn Log>, epoch: u32) -> Self {
        let config = BrokerConfig {
            shards: 2,
            epoch,
            ..BrokerConfig::default()
        };
        Self::of(config, log, Arc::default())
    }

    /// Connects as a principal; what comes back is not looked at.
    pub fn dial(&self, principal: &str, version: Version, client_id: &str, rest: &[u8]) -> Client {
        let connect = connect_packet(version, client_id, 60);
        self.dial_with(principal, version, client_id, connect, rest)
    }

    /// The same with another CONNECT.
    pub fn dial_with(
        &self,
        principal: &str,
        version: Version,
        client_id: &str,
        connect: Vec<u8>,
        rest: &[u8],
    ) -> Client {
        let principal = self.admission.find(principal).expect("it is admitted");
        self.adopt(principal, version, client_id, connect, rest)
    }

    /// The door's half, with a principal that was found before.
    pub fn adopt(
        &self,
        principal: Arc<Principal>,
        version: Version,
        client_id: &str,
        connect: Vec<u8>,
        rest: &[u8],
    ) -> Client {
        let here = TcpStream::connect(self.listener.local_addr().expect("bound"));
        let here = here.expect("a connection");
        let (there, peer) = self.listener.accept().expect("a connection");
        there.set_nonblocking(true).expect("non-blocking");
        there.set_nodelay(true).expect("no delay");
        self.broker.adopt(Handover {
            socket: there,
            tls: None,
            websocket: None,
            sealed: vec![],
            opened: rest.to_vec(),
            unsent: vec![],
            connect,
            client_id: client_id.to_owned(),
            principal,
            peer,
            server_name: None,
            until: None,
        });
        Client::new(here, version)
    }

    /// Connects and is accepted.
    pub fn connect(&self, client_id: &str) -> Client {
        self.connect_as("anonymous", Version::V311, client_id)
    }

    /// Connects as a principal and is accepted.
    pub fn connect_as(&self, principal: &str, version: Version, client_id: &str) -> Client {
        let mut client = self.dial(principal, version, client_id, b"");
        assert_eq!(client.next(), Got::ConnAck(0));
        client
    }
}
