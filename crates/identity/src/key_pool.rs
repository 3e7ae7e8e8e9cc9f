// SPDX-License-Identifier: Apache-2.0
//! Keys made ahead, so that a burst of CreateKeysAndCertificate does not wait for primes.
//!
//! The worker `identity.keys` makes a few at its start, and then one a minute: a server that nobody
//! asks is nearly idle, and an hour old it has all. Once somebody has taken one it fills the pool at
//! once: who has one device registered registers more.
//! Who finds the pool empty makes a key at once, at most as many together as there are cores.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use hw_kernel::worker::{StatusCell, Worker, WorkerStatus};
use hw_kernel::{Clock, Shutdown};
use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore};

use crate::IdentityError;
use crate::device_key::{DeviceKey, KeyType, make};

/// How many keys are kept ready: a burst of this size does not wait.
pub const KEYS_AHEAD: usize = 64;

/// How many are made at once before anybody has asked for one.
pub const KEYS_AT_START: usize = 4;

/// Rest of the worker before each further one, while nobody has asked.
pub const REST_UNASKED: Duration = Duration::from_secs(60);

/// Rest of the worker after each key, as a multiple of what the key took: it takes a fifth of a
/// core, and of that only what nobody else wants.
const REST_TIMES: u32 = 4;

/// Shortest rest after a key, also after one that could not be made.
const REST_MIN: Duration = Duration::from_millis(100);

/// Longest rest: on a busy machine a key takes long because others have the cores.
const REST_MAX: Duration = Duration::from_millis(500);

/// Most callers who may wait for a key at once; more are told to come again.
pub const KEY_WAITERS_MAX: usize = 256;

/// The pool.
pub struct KeyPool {
    kind: KeyType,
    ready: Mutex<VecDeque<DeviceKey>>,
    taken: Notify,
    asked: AtomicBool,
    makers: Semaphore,
    waiters: Semaphore,
}

impl std::fmt::Debug for KeyPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyPool")
            .field("kind", &self.kind)
            .field("ready", &self.ready())
            .finish_non_exhaustive()
    }
}

impl KeyPool {
    /// An empty pool for keys of this type.
    pub fn new(kind: KeyType) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            kind,
            ready: Mutex::default(),
            taken: Notify::new(),
            asked: AtomicBool::new(false),
            makers: Semaphore::new(cores),
            waiters: Semaphore::new(KEY_WAITERS_MAX),
        }
    }

    /// Which keys are in it.
    pub fn kind(&self) -> KeyType {
        self.kind
    }

    /// How many are ready.
    pub fn ready(&self) -> usize {
        self.ready.lock().len()
    }

    /// A key of its own for the caller; each is given once.
    pub async fn take(&self) -> Result<DeviceKey, IdentityError> {
        self.asked.store(true, Ordering::Relaxed);
        if let Some(key) = self.pop() {
            return Ok(key);
        }
        let Ok(_waiter) = self.waiters.try_acquire() else {
            return Err(IdentityError::Busy(format!(
                "{KEY_WAITERS_MAX} keys are being made already; try again in a few seconds"
            )));
        };
        let _maker = self.makers.acquire().await;
        // One may have become ready while this one waited.
        match self.pop() {
            Some(key) => Ok(key),
            None => self.make().await,
        }
    }

    fn pop(&self) -> Option<DeviceKey> {
        let key = self.ready.lock().pop_front();
        self.taken.notify_one();
        key
    }

    async fn make(&self) -> Result<DeviceKey, IdentityError> {
        let kind = self.kind;
        let made = tokio::task::spawn_blocking(move || make(kind)).await;
        made.map_err(|error| IdentityError::Crypto(error.to_string()))?
    }

    fn was_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// How many it should hold now. P-256 keys are made in less time than it takes to fetch one.
    fn wanted(&self) -> usize {
        match (self.kind, self.was_asked()) {
            (KeyType::Rsa2048, true) => KEYS_AHEAD,
            (KeyType::Rsa2048, false) => KEYS_AT_START,
            (KeyType::P256, _) => 0,
        }
    }

    /// Whether more would do, without haste.
    fn takes_more(&self) -> bool {
        self.kind == KeyType::Rsa2048 && self.ready() < KEYS_AHEAD
    }

    fn missing(&self) -> usize {
        self.wanted().saturating_sub(self.ready())
    }
}

/// Fills the pool.
pub struct KeyMaker {
    pool: Arc<KeyPool>,
    clock: Arc<dyn Clock>,
    status: StatusCell,
}

impl KeyMaker {
    /// A worker for this pool.
    pub fn new(pool: Arc<KeyPool>, clock: Arc<dyn Clock>) -> Self {
        let status = StatusCell::named("identity.keys");
        Self {
            pool,
            clock,
            status,
        }
    }

    fn tell(&self, state: &str, error: Option<String>) {
        let lag = match self.pool.missing() {
            0 => String::new(),
            missing => format!("{missing} of {} keys to make", self.pool.wanted()),
        };
        self.status.set(state, lag, error);
    }

    /// Makes one key and puts it in; how long to rest.
    async fn one(&self) -> Duration {
        let began = self.clock.monotonic();
        match self.pool.make().await {
            Ok(key) => {
                self.pool.ready.lock().push_back(key);
                self.tell("busy", None);
            }
            Err(error) => {
                tracing::error!(%error, "a device key could not be made ahead");
                self.tell("failing", Some(error.to_string()));
            }
        }
        ((self.clock.monotonic() - began) * REST_TIMES).clamp(REST_MIN, REST_MAX)
    }
}

#[async_trait]
impl Worker for KeyMaker {
    fn status(&self) -> WorkerStatus {
        self.status.get()
    }

    async fn run(&self, shutdown: Shutdown) {
        loop {
            while self.pool.missing() > 0 {
                let rest = self.one().await;
                if shutdown.wait_for(self.clock.sleep(rest)).await {
                    return self.status.set("ended", String::new(), None);
                }
            }
            self.tell("idle", None);
            let unasked = !self.pool.was_asked() && self.pool.takes_more();
            let wait = async {
                tokio::select! {
                    () = self.pool.taken.notified() => {}
                    () = self.clock.sleep(REST_UNASKED), if unasked => {}
                }
            };
            if shutdown.wait_for(wait).await {
                return self.status.set("ended", String::new(), None);
            }
            if unasked && !self.pool.was_asked() {
                self.one().await;
            }
        }
    }
}
