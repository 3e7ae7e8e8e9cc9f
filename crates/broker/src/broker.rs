// SPDX-License-Identifier: Apache-2.0
//! The broker from outside: start it, hand connections to it, tap it, ask how it stands, end it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use hw_kernel::live::{Live, Tap};
use hw_kernel::{Admission, Clock, Event, EventSink, Log};
use hw_model::AccountId;
use hw_model::topic::BadTopic;
use hw_session::{Settings, home_shard};
use mio::{Poll, Token, Waker};
use parking_lot::Mutex;

use crate::checkpoint::{CheckpointMarks, Checkpointer};
use crate::config::BrokerConfig;
use crate::handover::Handover;
use crate::host::{HostParts, ShardHost};
use crate::lane::Lane;
use crate::numbers::Numbers;
use crate::principals::Principals;
use crate::reading;
use crate::rebuild::{Rebuilt, rebuild};
use crate::retained::RetainedMessages;
use crate::routes::{RouteReader, Routes};
use crate::shard::{ShardState, thread};
use crate::shared::Shared;
use crate::status::{BrokerStatus, ShardStatus, tally};
use crate::taps::Taps;

/// The waker's token: no connection has that many neighbours.
const WAKER: Token = Token(usize::MAX - 1);

/// The ports that a broker works with.
#[derive(Clone)]
pub struct Deps {
    /// Takes kept messages.
    pub log: Arc<dyn Log>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Hears what was refused and who left.
    pub events: Arc<dyn EventSink>,
    /// Looks principals up again after a change.
    pub admission: Arc<dyn Admission>,
}

/// The broker can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A filter of what is kept is none.
    #[error("what is kept: `{filter}` is not a topic filter: {why}")]
    Keep {
        /// As given.
        filter: String,
        /// What is wrong.
        #[source]
        why: BadTopic,
    },
    /// Sessions can't be read.
    #[error("sessions can't be read from the log: {0}")]
    Log(#[from] hw_kernel::port::log::LogError),
    /// No poll, no thread.
    #[error("a shard can't start: {0}")]
    Io(#[from] std::io::Error),
}

/// A running broker. Dropping it ends it.
pub struct Broker {
    pub(crate) shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl std::fmt::Debug for Broker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Broker")
            .field("shards", &self.shared.lanes().len())
            .finish_non_exhaustive()
    }
}

impl Broker {
    /// Starts the shards, a thread each.
    pub fn start(config: BrokerConfig, deps: Deps) -> Result<Arc<Self>, StartError> {
        config
            .keep
            .check()
            .map_err(|(filter, why)| StartError::Keep { filter, why })?;
        let routes = Arc::new(Routes::default());
        let started = deps.clock.monotonic().as_micros() as u64;
        let shared = Arc::new(Shared {
            checkpointed_micros: AtomicU64::new(started),
            log: deps.log,
            clock: deps.clock,
            events: deps.events,
            admission: deps.admission,
            retained: Arc::new(RetainedMessages::new(config.limits.retained_bytes_max)),
            wants: Arc::default(),
            taps: Arc::new(Taps::new(routes.clone())),
            routes,
            limits: config.limits.clone().checked(),
            epoch: config.epoch,
            stop: AtomicBool::new(false),
            all: OnceLock::new(),
        });
        let keep = Arc::new(config.keep.clone());
        let rebuilt = rebuilt(&shared)?;
        let numbers = Arc::new(Numbers::of(config.epoch));
        let principals = Arc::new(Principals::default());
        let (mut lanes, mut polls) = (Vec::new(), Vec::new());
        for number in 0..config.shard_count() {
            let poll = Poll::new()?;
            let host = ShardHost::new(HostParts {
                routes: RouteReader::new(shared.routes.clone()),
                taps: shared.taps.clone(),
                retained: shared.retained.clone(),
                keep: keep.clone(),
                events: shared.events.clone(),
                admission: shared.admission.clone(),
                decisions_bytes_max: shared.limits.decisions_bytes_max,
                shard: number,
                numbers: numbers.clone(),
                wants: shared.wants.clone(),
                hash_spares_parent: config.session.quirks.hash_spares_parent,
                principals: principals.clone(),
            });
            let settings = Settings {
                shard: number,
                shards: config.shard_count(),
                epoch: config.epoch,
                flights_max: config.flights_max,
                waiting_bytes_max: shared.limits.waiting_bytes_of_a_shard(config.shard_count()),
                limits: config.session.clone(),
            };
            let registry = poll.registry().try_clone()?;
            let waker = Waker::new(poll.registry(), WAKER)?;
            let state = ShardState::new(settings, host, registry, &shared);
            lanes.push(Arc::new(Lane::new(number, state, waker)));
            polls.push(poll);
        }
        let filled = shared.all.set(lanes.into());
        debug_assert!(filled.is_ok(), "it was made empty above");
        give_back(&shared, rebuilt);
        let reader = reading::start(&shared)?;
        wake_on_change(&shared);
        let broker = Arc::new(Self {
            shared,
            threads: Mutex::new(vec![reader]),
        });
        broker.spawn(polls)?;
        Ok(broker)
    }

    /// Moves a connection to its home shard. After shutdown has begun it is closed.
    pub fn adopt(&self, handover: Handover) {
        if self.shared.stop.load(Ordering::SeqCst) {
            return;
        }
        let lanes = self.shared.lanes();
        let account = handover.principal.account;
        let home = home_shard(account, &handover.client_id, lanes.len() as u16);
        let lane = &lanes[usize::from(home)];
        lane.arrivals.lock().push(handover);
        lane.signal();
    }

    /// Background work that keeps its part of the log short, to be hired once.
    pub fn checkpointer(&self, marks: Option<Arc<dyn CheckpointMarks>>) -> Arc<Checkpointer> {
        let retained = self.shared.retained.clone();
        Arc::new(Checkpointer::new(&self.shared, retained, marks))
    }

    /// How it stands.
    pub fn status(&self) -> BrokerStatus {
        let shards = self
            .shared
            .lanes()
            .iter()
            .map(|lane| ShardStatus::of(lane))
            .collect();
        let lanes = self.shared.lanes().iter();
        let (owed, half_way) = lanes.map(|lane| tally(lane)).fold((0, 0), |sum, tally| {
            (sum.0 + tally.owed, sum.1 + tally.half_way)
        });
        let (retained_messages, retained_bytes) = self.shared.retained.size();
        let checkpointed = self.shared.checkpointed_micros.load(Ordering::Relaxed);
        let monotonic = self.shared.clock.monotonic();
        BrokerStatus {
            owed,
            half_way,
            retained_messages,
            retained_bytes,
            checkpoint_age: monotonic.saturating_sub(Duration::from_micros(checkpointed)),
            shards,
            subscriptions: self.shared.routes.subscriptions(),
            taps: self.shared.taps.count(),
        }
    }

    /// Ends it: nothing more is read, what waits for the Log is acknowledged if it becomes durable
    /// soon, clients are told, and the threads have ended when this returns (within about twice
    /// `shutdown_grace`).
    pub fn shutdown(&self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        for lane in self.shared.lanes() {
            lane.signal();
        }
        self.shared.wants.end();
        for thread in self.threads.lock().drain(..) {
            if thread.join().is_err() {
                tracing::error!("a shard has panicked");
            }
        }
    }

    fn spawn(&self, polls: Vec<Poll>) -> std::io::Result<()> {
        for (number, poll) in (0..).zip(polls) {
            let shared = self.shared.clone();
            let named = std::thread::Builder::new().name(format!("shard-{number}"));
            let spawned = named.spawn(move || {
                let ran = catch_unwind(AssertUnwindSafe(|| thread::run(&shared, number, poll)));
                if ran.is_err() {
                    // Its clients would wait for ever, others' messages to them pile up. What was
                    // acknowledged is on disk: a restart loses nothing, going on would.
                    tracing::error!(
                        shard.number = number,
                        "a shard has panicked: the process ends"
                    );
                    std::process::abort();
                }
            })?;
            self.threads.lock().push(spawned);
        }
        Ok(())
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl Live for Broker {
    fn tap(&self, account: AccountId, filter: &str, waiting_max: usize) -> Result<Tap, BadTopic> {
        self.shared.taps.open(account, filter, waiting_max)
    }
}

/// Reads sessions and retained messages from the Log. On a thread of its own: whoever starts a
/// broker may be a runtime's task, which must not wait for another.
fn rebuilt(shared: &Arc<Shared>) -> Result<Rebuilt, StartError> {
    let read = || {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let rebuilt = runtime.block_on(rebuild(&*shared.log, &shared.retained))?;
        Ok::<_, StartError>(rebuilt)
    };
    std::thread::scope(|scope| {
        let reading = scope.spawn(read);
        reading
            .join()
            .map_err(|_| StartError::Io(std::io::Error::other("reading sessions panicked")))?
    })
}

/// Gives each shard its sessions.
fn give_back(shared: &Shared, rebuilt: Rebuilt) {
    let now = shared.now();
    let lanes = shared.lanes();
    let (sessions, owed) = (rebuilt.sessions.len(), &rebuilt.sessions);
    let owed: usize = owed.iter().map(|(_, debts)| debts.len()).sum();
    for (image, debts) in rebuilt.sessions {
        let home = home_shard(image.account, &image.client_id, lanes.len() as u16);
        let mut state = lanes[usize::from(home)].state.lock();
        state.restore(now, image, &debts);
    }
    for lane in lanes {
        lane.state.lock().show_restored();
    }
    for cause in rebuilt.lost {
        tracing::warn!(cause, "some of what sessions are owed is lost");
        let account = AccountId::FIRST;
        shared
            .events
            .emit(Event::new(account, "session", "lost", cause));
    }
    if sessions > 0 {
        let (retained, _) = shared.retained.size();
        tracing::info!(sessions, owed, retained, "sessions are back");
    }
}

/// Every shard looks at its connections in the turn after a change; the shards are woken for it.
fn wake_on_change(shared: &Arc<Shared>) {
    let weak: Weak<Shared> = Arc::downgrade(shared);
    shared.admission.on_change(Box::new(move || {
        if let Some(shared) = weak.upgrade() {
            shared.lanes().iter().for_each(|lane| lane.signal());
        }
    }));
}
