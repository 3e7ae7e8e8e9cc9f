// SPDX-License-Identifier: Apache-2.0
//! Every way of a message × allowed, denied, denied after the grant × kinds of filters: nobody gets
//! what it may not, and everybody what it may. The policies are the real engine's; what is right is
//! said by a naive oracle.

mod dice;
mod oracle;

use std::sync::Arc;

use hw_kernel::port::clock::SystemClock;
use hw_kernel::{Ingest, IngestError, Submission};
use hw_log::{SegmentLog, Settings};
use hw_mqtt::encode::{self, PublishExtra};
use hw_mqtt::{Connect, Properties, Publish, Qos, Version, Will};

use crate::client::{Client, Got, connect_packet};
use crate::fakes::fake_certificate_id;
use crate::house::House;
use dice::Dice;
use oracle::{Statement, allowed, document, matches};

const TOPICS: usize = 25;
/// Seven ways, so many rounds of each: 58 × 7 × 25 = 10,150 cases.
const ROUNDS: usize = 58;
const END: &str = "end";
/// A filter that only the publisher's later policy lets it subscribe to.
const CHANGED: &str = "publisher/changed";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Live,
    Retained,
    Queued,
    Will,
    Shared,
    Http,
    BasicIngest,
}

fn allow(action: &'static str, resource: &str) -> Statement {
    Statement {
        allow: true,
        action,
        resource: resource.to_owned(),
    }
}

/// One receiver and one publisher with policies, filters and topics of their own.
struct Round {
    number: usize,
    way: Way,
    version: Version,
    topics: Vec<String>,
    filters: Vec<String>,
    receiver: Vec<Statement>,
    /// What takes the place of its policy after the grant.
    later: Option<Vec<Statement>>,
    publisher: Vec<Statement>,
    /// What takes the place of the publisher's policy after its CONNECT with a will.
    publisher_later: Option<Vec<Statement>>,
}

impl Round {
    fn of(number: usize, way: Way, dice: &mut Dice) -> Self {
        let mut receiver = vec![
            allow("Connect", "client/*"),
            allow("Subscribe", &format!("topicfilter/{END}")),
            allow("Receive", &format!("topic/{END}")),
        ];
        // Half of them may subscribe to anything, so that Receive is what decides.
        match dice.below(2) {
            0 => receiver.push(allow("Subscribe", "topicfilter/*")),
            _ => dice.statements("Subscribe", "topicfilter", &mut receiver),
        }
        let after = dice.below(2) == 0;
        let mut later = after.then(|| receiver.clone());
        dice.statements("Receive", "topic", &mut receiver);
        if let Some(later) = &mut later {
            // Tells the policies apart.
            let probe = allow("Subscribe", &format!("topicfilter/changed/{number}"));
            receiver.push(Statement {
                allow: false,
                ..probe.clone()
            });
            later.push(probe);
            dice.statements("Receive", "topic", later);
        }
        let mut publisher = vec![
            allow("Connect", "client/*"),
            allow("Publish", &format!("topic/{END}")),
            allow("RetainPublish", "topic/*"),
        ];
        let changes = way == Way::Will && dice.below(2) == 0;
        let mut publisher_later = changes.then(|| publisher.clone());
        if let Some(later) = &mut publisher_later {
            later.push(allow("Subscribe", &format!("topicfilter/{CHANGED}")));
            dice.statements("Publish", "topic", later);
        }
        match way {
            Way::BasicIngest => {
                dice.statements("Publish", "topic/$aws/rules/store", &mut publisher)
            }
            _ => dice.statements("Publish", "topic", &mut publisher),
        }
        let overlapping = if dice.below(3) == 0 { 3 } else { 1 };
        let mut filters: Vec<String> = (0..overlapping).map(|n| dice.filter(number + n)).collect();
        filters.sort();
        filters.dedup();
        Self {
            number,
            way,
            version: if number.is_multiple_of(2) {
                Version::V311
            } else {
                Version::V5
            },
            topics: (0..TOPICS).map(|_| dice.topic()).collect(),
            filters,
            receiver,
            later,
            publisher,
            publisher_later,
        }
    }

    fn as_sent(&self, topic: &str) -> String {
        match self.way {
            Way::BasicIngest => format!("$aws/rules/store/{topic}"),
            _ => topic.to_owned(),
        }
    }

    fn as_subscribed(&self, filter: &str) -> String {
        match self.way {
            // One of its own: what a round's receiver leaves goes to no other's.
            Way::Shared => format!("$share/pool{}/{filter}", self.number),
            _ => filter.to_owned(),
        }
    }

    fn may_publish(&self, topic: &str) -> bool {
        allowed(&self.publisher, "Publish", &format!("topic/{topic}"))
    }

    /// Whether what is sent there is on its way in the end: a will is asked for twice.
    fn is_published(&self, topic: &str) -> bool {
        let later = self.publisher_later.as_ref();
        let still = |later: &Vec<Statement>| allowed(later, "Publish", &format!("topic/{topic}"));
        self.may_publish(topic) && later.is_none_or(still)
    }

    /// The filters that are granted.
    fn granted(&self) -> impl Iterator<Item = &String> {
        self.filters.iter().filter(|filter| {
            let resource = format!("topicfilter/{}", self.as_subscribed(filter));
            allowed(&self.receiver, "Subscribe", &resource)
        })
    }

    /// How often the receiver is to get a message on a topic.
    fn copies(&self, topic: &str) -> usize {
        let policy = self.later.as_ref().unwrap_or(&self.receiver);
        let receives = allowed(policy, "Receive", &format!("topic/{topic}"));
        if !receives || self.way == Way::BasicIngest {
            return 0;
        }
        let matching = self
            .granted()
            .filter(|filter| matches(filter, topic))
            .count();
        match self.way {
            // Each subscription brings what is retained; each group has one receiver here.
            Way::Retained | Way::Shared => matching,
            _ => matching.min(1),
        }
    }
}

/// The people and the house of a round.
struct Scene<'a> {
    house: &'a House,
    round: &'a Round,
    receiver: String,
    publisher: String,
}

impl<'a> Scene<'a> {
    fn of(house: &'a House, round: &'a Round) -> Self {
        let id = |who: &str| fake_certificate_id(who.as_bytes()).to_string();
        let (receiver, publisher) = (id("receiver"), id("publisher"));
        house.admission.put(&receiver, &document(&round.receiver));
        house.admission.put(&publisher, &document(&round.publisher));
        Self {
            house,
            round,
            receiver,
            publisher,
        }
    }

    fn client_id(&self, who: &str) -> String {
        format!("{who}-{:?}-{}", self.round.way, self.round.number)
    }

    fn receive(&self) -> Client {
        let (version, id) = (self.round.version, self.client_id("receiver"));
        let mut packet = connect_packet(version, &id, 60);
        if self.round.way == Way::Queued {
            packet = lasting(&id);
        }
        let version = match self.round.way {
            Way::Queued => Version::V311,
            _ => version,
        };
        let mut client = self
            .house
            .dial_with(&self.receiver, version, &id, packet, b"");
        assert_eq!(client.next(), Got::ConnAck(0));
        client
    }

    fn subscribe(&self, client: &mut Client, got: &mut Vec<String>) {
        assert_eq!(code(client, END, got), 1);
        for filter in &self.round.filters {
            let granted = self.round.granted().any(|it| it == filter);
            let sent = self.round.as_subscribed(filter);
            let expected = if granted { 1 } else { 0x80 };
            assert_eq!(
                code(client, &sent, got),
                expected,
                "{sent}: {:?}",
                self.round.receiver
            );
        }
    }

    /// Puts the later policy in force, if there is one, and waits until a connection has it.
    fn change(&self, client: Option<&mut Client>, got: &mut Vec<String>) {
        let Some(later) = &self.round.later else {
            return;
        };
        self.house.admission.put(&self.receiver, &document(later));
        if let Some(client) = client {
            let probe = format!("changed/{}", self.round.number);
            while code(client, &probe, got) != 1 {}
        }
    }

    fn publish_all(&self, retain: bool) {
        let connect = || {
            let id = self.client_id("publisher");
            self.house.connect_as(&self.publisher, Version::V5, &id)
        };
        let mut client = connect();
        for topic in &self.round.topics {
            let sent = self.round.as_sent(topic);
            let publish = message(&sent, retain);
            client.send(&publish);
            let took = client.next();
            let may = self.round.may_publish(&sent);
            assert_eq!(
                matches!(took, Got::PubAck(1, 0 | 0x10)),
                may,
                "{sent}: {took:?}"
            );
            if !may {
                client = connect();
            }
        }
        // By the same publisher: others' messages may overtake.
        client.publish(END, b"", 1);
        assert!(matches!(client.next(), Got::PubAck(1, 0 | 0x10)));
    }

    fn wills(&self) {
        let mut observer = self.house.connect("observer");
        assert_eq!(observer.subscribe("#", Qos::AtLeastOnce), 1);
        for (at, topic) in self.round.topics.iter().enumerate() {
            let id = self.client_id(&format!("dying{at}"));
            let mut packet = Vec::new();
            let connect = Connect {
                will: Some(Will {
                    topic,
                    payload: b"gone",
                    qos: Qos::AtLeastOnce,
                    retain: false,
                    properties: Properties::EMPTY,
                }),
                ..hello(&id)
            };
            encode::connect(&mut packet, &connect).expect("a CONNECT");
            let mut dying = self
                .house
                .dial_with(&self.publisher, Version::V311, &id, packet, b"");
            let may = self.round.may_publish(topic);
            assert_eq!(
                dying.next(),
                Got::ConnAck(if may { 0 } else { 5 }),
                "{topic}"
            );
            if let (true, Some(later)) = (may, &self.round.publisher_later) {
                self.house.admission.put(&self.publisher, &document(later));
                if self.round.is_published(topic) {
                    while code(&mut dying, CHANGED, &mut Vec::new()) != 1 {}
                }
            }
            if self.round.is_published(topic) {
                drop(dying);
                assert_eq!(observer.message().0, *topic);
            } else if may {
                // Whose will is not allowed any more is cut, and it does not go out.
                let what = "a will that is not allowed any more";
                self.house.events.wait_for(what, |event| {
                    event.kind == "will" && event.client_id.as_deref() == Some(&id)
                });
            }
            let policy = document(&self.round.publisher);
            self.house.admission.put(&self.publisher, &policy);
        }
    }

    fn submit_all(&self) {
        let ends = std::iter::once(END.to_owned());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        for topic in self.round.topics.iter().cloned().chain(ends) {
            let submission = Submission {
                principal: self.house.admission.find(&self.publisher).expect("known"),
                address: std::net::Ipv4Addr::LOCALHOST.into(),
                server_name: None,
                topic: topic.clone(),
                payload: Default::default(),
                properties: Vec::new(),
                wait: true,
                retain: false,
            };
            let taken = runtime.block_on(self.house.broker.publish(submission));
            match self.round.may_publish(&topic) {
                true => assert!(taken.is_ok(), "{topic}: {taken:?}"),
                false => assert!(matches!(taken, Err(IngestError::Denied(_))), "{topic}"),
            }
        }
    }

    /// All that the receiver gets, in order.
    fn run(&self) -> Vec<String> {
        let mut got = Vec::new();
        let mut client = self.receive();
        match self.round.way {
            Way::Live | Way::Shared | Way::BasicIngest => {
                self.subscribe(&mut client, &mut got);
                self.change(Some(&mut client), &mut got);
                self.publish_all(false);
            }
            Way::Retained => {
                self.publish_all(true);
                // Before the subscription: what was retained was granted to nobody yet.
                self.change(Some(&mut client), &mut got);
                self.subscribe(&mut client, &mut got);
            }
            Way::Queued => {
                self.subscribe(&mut client, &mut got);
                drop(client);
                self.publish_all(false);
                self.change(None, &mut got);
                client = self.receive();
            }
            Way::Will => {
                self.subscribe(&mut client, &mut got);
                self.change(Some(&mut client), &mut got);
                self.wills();
            }
            Way::Http => {
                self.subscribe(&mut client, &mut got);
                self.change(Some(&mut client), &mut got);
                self.submit_all();
            }
        }
        if matches!(self.round.way, Way::Retained | Way::Will) {
            let mut last = self.house.connect("last");
            last.publish(END, b"", 1);
        }
        loop {
            match client.next() {
                Got::Publish(topic, ..) if topic == END => return got,
                Got::Publish(topic, ..) => got.push(topic),
                other => panic!("no PUBLISH but {other:?}"),
            }
        }
    }

    fn check(&self) {
        let mut got = self.run();
        let mut topics = self.round.topics.clone();
        if self.round.way == Way::Retained {
            topics.sort();
            topics.dedup();
        }
        let expected = topics
            .iter()
            .filter(|topic| self.round.is_published(&self.round.as_sent(topic)));
        let copies = |topic: &String| std::iter::repeat_n(topic.clone(), self.round.copies(topic));
        let mut expected: Vec<_> = expected.flat_map(copies).collect();
        got.sort();
        expected.sort();
        let Round {
            way,
            number,
            receiver,
            later,
            publisher,
            filters,
            ..
        } = self.round;
        assert_eq!(
            got, expected,
            "{way:?} {number}: {filters:?}\nreceiver {receiver:?}\nlater {later:?}\npublisher {publisher:?}"
        );
    }
}

/// Subscribes; messages may come meanwhile.
fn code(client: &mut Client, filter: &str, got: &mut Vec<String>) -> u8 {
    client.send(&crate::client::subscribe_packet(
        client.version(),
        7,
        filter,
        Qos::AtLeastOnce,
    ));
    loop {
        match client.next() {
            Got::SubAck(7, codes) => return codes[0],
            Got::Publish(topic, ..) => got.push(topic),
            other => panic!("no SUBACK but {other:?}"),
        }
    }
}

fn hello(client_id: &str) -> Connect<'_> {
    Connect {
        version: Version::V311,
        bridge: false,
        clean_start: true,
        keep_alive_seconds: 60,
        client_id,
        will: None,
        user_name: None,
        password: None,
        properties: Properties::EMPTY,
    }
}

fn lasting(client_id: &str) -> Vec<u8> {
    let mut packet = Vec::new();
    let connect = Connect {
        clean_start: false,
        ..hello(client_id)
    };
    encode::connect(&mut packet, &connect).expect("a CONNECT");
    packet
}

fn message(topic: &str, retain: bool) -> Vec<u8> {
    let publish = Publish {
        dup: false,
        qos: Qos::AtLeastOnce,
        retain,
        topic,
        packet_id: 1,
        properties: Properties::EMPTY,
        payload: b"x",
    };
    let mut packet = Vec::new();
    encode::publish(&mut packet, Version::V5, &publish, &PublishExtra::default())
        .expect("a PUBLISH");
    packet
}

fn rounds(house: &House, way: Way) {
    let mut dice = Dice(way as u64 + 1);
    for number in 0..ROUNDS {
        let round = Round::of(number, way, &mut dice);
        Scene::of(house, &round).check();
        if way == Way::Retained {
            let mut clear = house.connect_as("anonymous", Version::V5, "clear");
            for topic in &round.topics {
                let publish = Publish {
                    dup: false,
                    qos: Qos::AtMostOnce,
                    retain: true,
                    topic,
                    packet_id: 0,
                    properties: Properties::EMPTY,
                    payload: b"",
                };
                let mut packet = Vec::new();
                encode::publish(&mut packet, Version::V5, &publish, &PublishExtra::default())
                    .expect("a PUBLISH");
                clear.send(&packet);
            }
            clear.ping();
        }
    }
}

#[test]
fn live() {
    rounds(&House::new(2), Way::Live);
}

#[test]
fn retained() {
    rounds(&House::new(1), Way::Retained);
}

#[test]
fn queued() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = SegmentLog::open(
        dir.path(),
        Settings::default(),
        Arc::new(SystemClock::default()),
    );
    let house = House::on(Arc::new(log.expect("opens")), 1);
    rounds(&house, Way::Queued);
}

#[test]
fn wills() {
    rounds(&House::new(1), Way::Will);
}

#[test]
fn shared() {
    rounds(&House::new(2), Way::Shared);
}

#[test]
fn http() {
    rounds(&House::new(2), Way::Http);
}

#[test]
fn basic_ingest() {
    let house = House::new(2);
    rounds(&house, Way::BasicIngest);
    let kept = house.log.wait_for(1);
    let stored = kept
        .iter()
        .filter(|(topic, _)| topic.starts_with("$aws/rules/store/"));
    let mut dice = Dice(Way::BasicIngest as u64 + 1);
    let mut expected = 0;
    for number in 0..ROUNDS {
        let round = Round::of(number, Way::BasicIngest, &mut dice);
        let sent = round.topics.iter().map(|topic| round.as_sent(topic));
        expected += sent.filter(|topic| round.may_publish(topic)).count();
    }
    assert_eq!(
        stored.count(),
        expected,
        "what was allowed is stored, and nothing else"
    );
}
