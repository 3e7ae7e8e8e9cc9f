// SPDX-License-Identifier: Apache-2.0
//! One shard of the session machine with its clients, driven as a loop with sockets drives it.

use std::time::Duration;

use hw_model::Timestamp;
use hw_mqtt::{Connect, Packet, Properties, Version, connect, decode, encode, frame};
use hw_session::{KeepFailure, Limits, Lost, Now, Opening, Settings, Shard, Slot, Ticket};

use crate::open_host::{OpenHost, account};

/// The shard, its world and the time.
pub struct OneShard {
    /// The world.
    pub host: OpenHost,
    /// The machine.
    pub shard: Shard<OpenHost>,
    /// The time in milliseconds.
    pub millis: u64,
    unsent_bytes_max: usize,
}

/// A client's end of a connection.
#[derive(Debug)]
pub struct Client {
    slot: Slot,
    /// As its CONNECT said, if it could be read.
    version: Option<Version>,
    /// Sent, and not yet consumed.
    pending: Vec<u8>,
    /// Received, not yet a whole packet.
    unread: Vec<u8>,
    /// Whether the connection is gone.
    pub closed: bool,
}

/// A CONNECT without anything special.
pub fn hello(version: Version, client_id: &str) -> Connect<'_> {
    Connect {
        version,
        bridge: false,
        clean_start: true,
        keep_alive_seconds: 0,
        client_id,
        will: None,
        user_name: None,
        password: None,
        properties: Properties::EMPTY,
    }
}

impl OneShard {
    /// A shard without clients.
    pub fn new(limits: Limits) -> Self {
        // A client is cut before its next packet; that one and its answer come on top.
        let answers_bytes_max = 16 * 1024;
        let unsent_bytes_max =
            limits.out_buffer_bytes_max + 3 * limits.packet_bytes_max + answers_bytes_max;
        let settings = Settings {
            shard: 0,
            shards: 1,
            epoch: 7,
            flights_max: 8,
            waiting_bytes_max: 64 << 20,
            limits,
        };
        OneShard {
            host: OpenHost::default(),
            shard: Shard::new(settings),
            millis: 5_000_000,
            unsent_bytes_max,
        }
    }

    /// Now.
    pub fn now(&self) -> Now {
        Now {
            wall: Timestamp(1_700_000_000_000_000 + self.millis as i64 * 1_000),
            monotonic: Duration::from_millis(self.millis),
        }
    }

    /// A connection whose first packet is `connect`, whatever that is.
    pub fn open(&mut self, account_index: usize, connect: Vec<u8>) -> Client {
        let read = connect::decode(&connect);
        let version = read.as_ref().ok().map(|read| read.version);
        let client_id = match read.map(|read| read.client_id) {
            Ok("") => "assigned-0123456789012345".to_owned(),
            Ok(id) => id.to_owned(),
            Err(_) => String::new(),
        };
        let opening = Opening {
            auth: (),
            account: account(account_index),
            connect,
            client_id,
            until: None,
        };
        let now = self.now();
        let slot = self.shard.open(&mut self.host, now, opening);
        Client {
            slot,
            version,
            pending: Vec::new(),
            unread: Vec::new(),
            closed: false,
        }
    }

    /// A connection that says hello.
    pub fn connect(&mut self, account_index: usize, connect: &Connect<'_>) -> Client {
        let mut packet = Vec::new();
        encode::connect(&mut packet, connect).expect("a valid CONNECT");
        self.open(account_index, packet)
    }

    /// The log answers for the batch that is being filled, and another begins; what sessions want
    /// read is read.
    pub fn log_answers(&mut self, failure: Option<KeepFailure>) {
        let now = self.now();
        let upto = Ticket(self.host.ticket);
        self.host.ticket += 1;
        let outcome = failure.map_or(Ok(0), Err);
        self.shard.durable(&mut self.host, now, upto, outcome);
        for (session, places) in std::mem::take(&mut self.host.fetches) {
            let found = self.host.read(session, &places);
            self.shard.found(&mut self.host, now, session, &found);
        }
    }

    /// Sends bytes; what the machine leaves is less than a packet, and is given again.
    pub fn send(&mut self, client: &mut Client, bytes: &[u8]) {
        if client.closed {
            return;
        }
        client.pending.extend_from_slice(bytes);
        let now = self.now();
        let done = self
            .shard
            .input(&mut self.host, now, client.slot, &client.pending);
        client.pending.drain(..done);
        self.check(client);
    }

    /// What waits for a client is bounded, whatever it sends.
    fn check(&self, client: &Client) {
        if let Some(output) = self.shard.output(client.slot) {
            let unsent_bytes = output.unsent().len();
            assert!(
                unsent_bytes <= self.unsent_bytes_max,
                "{unsent_bytes} bytes wait"
            );
        }
        let held = self.shard.counters().subscriptions as usize;
        let in_trees: usize = self.host.trees.iter().map(|tree| tree.len()).sum();
        assert_eq!(held, in_trees, "the trees hold what the shard does");
    }

    /// Takes at most so many bytes off what waits for the client, and gives the whole packets in
    /// them to `each`.
    pub fn receive(
        &mut self,
        client: &mut Client,
        mut bytes_max: usize,
        each: &mut dyn FnMut(&Packet<'_>),
    ) {
        let now = self.now();
        let mut dirty = Vec::new();
        self.shard.dirty(&mut dirty);
        while !client.closed && bytes_max > 0 {
            let Some(output) = self.shard.output(client.slot) else {
                break;
            };
            let part = &output.unsent()[..output.unsent().len().min(bytes_max)];
            if part.is_empty() {
                break;
            }
            let taken = part.len();
            client.unread.extend_from_slice(part);
            bytes_max -= taken;
            self.shard.sent(&mut self.host, now, client.slot, taken);
        }
        let output = self.shard.output(client.slot);
        if !client.closed && output.is_none_or(|output| output.wants_close()) {
            self.lose(client, Lost::Closed);
        }
        client.read_packets(each);
    }

    /// Ends a connection from outside.
    pub fn lose(&mut self, client: &mut Client, cause: Lost) {
        if !client.closed {
            let now = self.now();
            client.closed = true;
            self.shard.lost(&mut self.host, now, client.slot, cause);
        }
    }
}

impl Client {
    /// Every packet that the server sends can be read by its client.
    fn read_packets(&mut self, each: &mut dyn FnMut(&Packet<'_>)) {
        let mut at = 0;
        while let Some(found) = frame::peek(&self.unread[at..], usize::MAX).expect("a good header")
        {
            let Some(packet) = self.unread.get(at..at + found.total_len) else {
                break;
            };
            if let Some(version) = self.version {
                each(&decode(version, packet).expect("the server sends good packets"));
            }
            at += found.total_len;
        }
        self.unread.drain(..at);
    }
}
