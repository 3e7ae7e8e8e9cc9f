// SPDX-License-Identifier: Apache-2.0
//! Ports under a test's hand: a log, an admission, a list of events.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use hw_kernel::admission::{AttachedThing, PrincipalId};
use hw_kernel::port::log::{Done, LogError, LogStatus, Read, Stream};
use hw_kernel::port::position::Position;
use hw_kernel::record::batch::{Batch, records};
use hw_kernel::record::message;
use hw_kernel::{Admission, Event, EventSink, Log, Principal, Refusal};
use hw_model::{AccountId, CertificateId};
use hw_policy::{Document, Named, PolicySet};
use parking_lot::{Condvar, Mutex};

/// How long a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Everything is allowed.
pub const ALLOW_ALL: &str = r#"{"Version":"2012-10-17","Statement":
    {"Effect":"Allow","Action":"iot:*","Resource":"*"}}"#;

/// Keeps what it is given, and says that it is durable at once, or when it is told to.
#[derive(Default)]
pub struct FakeLog {
    state: Mutex<LogState>,
    came: Condvar,
}

#[derive(Default)]
struct LogState {
    held: bool,
    waiting: VecDeque<(Batch, Done)>,
    /// (Topic, payload) of all that was kept.
    kept: Vec<(String, Vec<u8>)>,
    fails: Option<LogError>,
}

impl FakeLog {
    /// Nothing becomes durable until [`FakeLog::release`].
    pub fn hold(&self) {
        self.state.lock().held = true;
    }

    /// All that waits becomes durable, and what comes from now on at once.
    pub fn release(&self) {
        // What comes meanwhile stands behind what waits.
        while let Some((batch, done)) = self.next_that_waits() {
            self.finish(batch, done);
        }
    }

    fn next_that_waits(&self) -> Option<(Batch, Done)> {
        let mut state = self.state.lock();
        let next = state.waiting.pop_front();
        state.held = next.is_some();
        next
    }

    /// From now on every batch fails so; `None`: no more.
    pub fn fail(&self, error: Option<LogError>) {
        self.state.lock().fails = error;
    }

    /// (Topic, payload) of the messages that were given to it, durable or not; waits until there
    /// are so many.
    pub fn wait_for(&self, messages: usize) -> Vec<(String, Vec<u8>)> {
        let until = Instant::now() + PATIENCE;
        let mut state = self.state.lock();
        loop {
            let mut all = state.kept.clone();
            state
                .waiting
                .iter()
                .for_each(|(batch, _)| all.extend(messages_of(batch)));
            if all.len() >= messages {
                return all;
            }
            let late = self.came.wait_until(&mut state, until).timed_out();
            assert!(
                !late,
                "{} of {messages} messages reached the log",
                all.len()
            );
        }
    }

    fn finish(&self, batch: Batch, done: Done) {
        let outcome = {
            let mut state = self.state.lock();
            let outcome = state.fails.clone().map_or(Ok(Position::start()), Err);
            if outcome.is_ok() {
                state.kept.extend(messages_of(&batch));
            }
            outcome
        };
        done(outcome);
        self.came.notify_all();
    }
}

fn messages_of(batch: &Batch) -> Vec<(String, Vec<u8>)> {
    let read = |body: &[u8]| {
        let message = message::decode(body).expect("a message");
        (message.topic.to_owned(), message.payload.to_vec())
    };
    records(batch.bytes())
        .filter(|record| record.envelope.stream == Stream::MESSAGES)
        .map(|record| read(record.body))
        .collect()
}

#[async_trait]
impl Log for FakeLog {
    fn append(&self, batch: Batch, done: Done) {
        {
            let mut state = self.state.lock();
            if state.held {
                state.waiting.push_back((batch, done));
                self.came.notify_all();
                return;
            }
        }
        self.finish(batch, done);
    }

    async fn read(&self, _: &[Stream], _: &Position, _: usize) -> Result<Read, LogError> {
        Ok(Read::default())
    }

    fn end(&self) -> Position {
        Position::start()
    }

    async fn wait(&self, _: &Position) {}

    async fn trim(&self, _: Stream, _: &Position) -> Result<(), LogError> {
        Ok(())
    }

    fn status(&self) -> LogStatus {
        LogStatus::default()
    }
}

/// All events, in order.
#[derive(Default)]
pub struct EventList {
    events: Mutex<Vec<Event>>,
    came: Condvar,
}

impl EventSink for EventList {
    fn emit(&self, event: Event) {
        self.events.lock().push(event);
        self.came.notify_all();
    }
}

impl EventList {
    /// Waits for the first event that fits.
    pub fn wait_for(&self, what: &str, fits: impl Fn(&Event) -> bool) -> Event {
        let until = Instant::now() + PATIENCE;
        let mut events = self.events.lock();
        loop {
            if let Some(event) = events.iter().find(|event| fits(event)) {
                return event.clone();
            }
            let late = self.came.wait_until(&mut events, until).timed_out();
            assert!(!late, "no event {what} among {:?}", *events);
        }
    }

    /// Waits for an event of that kind and outcome whose cause contains the text.
    pub fn wait_for_cause(&self, kind: &str, outcome: &str, cause: &str) -> Event {
        self.wait_for(&format!("{kind}/{outcome}: {cause}"), |event| {
            (event.kind.as_str(), event.outcome.as_str()) == (kind, outcome)
                && event.cause.contains(cause)
        })
    }

    /// All of them.
    pub fn all(&self) -> Vec<Event> {
        self.events.lock().clone()
    }
}

/// Principals with real policies, changed by the test.
#[derive(Default)]
pub struct FakeAdmission {
    people: Mutex<HashMap<String, Person>>,
    issued: Mutex<Vec<Arc<Principal>>>,
    wakers: Mutex<Vec<Box<dyn Fn() + Send + Sync>>>,
    generation: AtomicU64,
    /// Who was looked up again since [`FakeAdmission::change_amid`]; `None`: it was not asked for.
    looked_up: Mutex<Option<Vec<String>>>,
    /// How often somebody was asked for by a certificate.
    pub asked: AtomicUsize,
    /// Whoever is asked for next is set INACTIVE right behind that.
    pub changes_behind: AtomicBool,
}

#[derive(Clone)]
struct Person {
    policy: String,
    inactive: bool,
    things: Vec<AttachedThing>,
}

impl FakeAdmission {
    /// Knows a certificate (or `anonymous`) with that policy.
    pub fn put(&self, id: &str, policy: &str) {
        let person = Person {
            policy: policy.to_owned(),
            inactive: false,
            things: vec![],
        };
        self.people.lock().insert(id.to_owned(), person);
        self.changed();
    }

    /// Attaches a thing.
    pub fn attach(&self, id: &str, thing: &str) {
        let thing = AttachedThing {
            name: thing.to_owned(),
            ..AttachedThing::default()
        };
        self.people
            .lock()
            .get_mut(id)
            .expect("it is known")
            .things
            .push(thing);
        self.changed();
    }

    /// Sets a certificate INACTIVE.
    pub fn deactivate(&self, id: &str) {
        self.people
            .lock()
            .get_mut(id)
            .expect("it is known")
            .inactive = true;
        self.changed();
    }

    /// When the second of two principals is next looked up again, the first is set INACTIVE: a
    /// change amid a shard's look at its connections.
    pub fn change_amid(&self) {
        *self.looked_up.lock() = Some(vec![]);
    }

    fn change_if_amid(&self, id: String) {
        let first = {
            let mut looked_up = self.looked_up.lock();
            let Some(ids) = looked_up.as_mut() else {
                return;
            };
            ids.push(id);
            if ids.len() < 2 {
                return;
            }
            looked_up.take().expect("two of them").swap_remove(0)
        };
        self.deactivate(&first);
    }

    /// The principal of a name, as `by_certificate` would find it.
    pub fn find(&self, id: &str) -> Result<Arc<Principal>, Refusal> {
        // Held from the look to the entry: a change between the two would not mark it.
        let mut issued = self.issued.lock();
        let person = self.people.lock().get(id).cloned();
        let refuse = |cause: &str| Refusal {
            account: None,
            principal: Some(id.to_owned()),
            cause: cause.to_owned(),
        };
        let person = person.ok_or_else(|| refuse("certificate unknown"))?;
        if person.inactive {
            return Err(refuse("certificate INACTIVE"));
        }
        let document = Arc::new(Document::parse(&person.policy).expect("a policy"));
        let named = Named {
            name: "meter".into(),
            version: Some("1".into()),
            document,
        };
        let principal = Arc::new(Principal {
            account: AccountId::FIRST,
            id: id
                .parse()
                .map_or(PrincipalId::Anonymous, PrincipalId::Certificate),
            policies: Arc::new(PolicySet::new(vec![named])),
            things: person.things,
            certificate: None,
            region: "eu-central-1".into(),
            stale: AtomicBool::new(false),
        });
        issued.push(principal.clone());
        Ok(principal)
    }

    fn changed(&self) {
        for principal in self.issued.lock().drain(..) {
            principal.stale.store(true, Ordering::Release);
        }
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.wakers.lock().iter().for_each(|wake| wake());
    }
}

impl Admission for FakeAdmission {
    fn by_certificate(&self, der: &[u8], _sni: Option<&str>) -> Result<Arc<Principal>, Refusal> {
        let id = fake_certificate_id(der).to_string();
        let found = self.find(&id);
        self.asked.fetch_add(1, Ordering::AcqRel);
        if self.changes_behind.swap(false, Ordering::AcqRel) {
            self.deactivate(&id);
        }
        found
    }

    fn anonymous(&self) -> Result<Arc<Principal>, Refusal> {
        self.find("anonymous").map_err(|refusal| Refusal {
            cause: "anonymous clients are not allowed".into(),
            ..refusal
        })
    }

    fn current(&self, principal: &Principal) -> Result<Arc<Principal>, Refusal> {
        let id = principal.id.to_string();
        self.change_if_amid(id.clone());
        self.find(&id)
    }

    fn generation(&self) -> &AtomicU64 {
        &self.generation
    }

    fn on_change(&self, wake: Box<dyn Fn() + Send + Sync>) {
        self.wakers.lock().push(wake);
    }
}

/// Names a certificate by its bytes; no SHA-256, but as good for a test.
pub fn fake_certificate_id(der: &[u8]) -> CertificateId {
    let mut id = [0u8; 32];
    for (at, byte) in der.iter().enumerate() {
        id[at % 32] = id[at % 32].wrapping_mul(31).wrapping_add(*byte);
    }
    CertificateId(id)
}
