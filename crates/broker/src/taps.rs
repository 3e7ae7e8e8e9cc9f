// SPDX-License-Identifier: Apache-2.0
//! Live taps: faces and modules of this process that watch messages pass. A tap stands in the
//! subscription tree like a session, and never slows anybody down: what it can't take is counted.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use hw_kernel::live::{LiveMessage, Tap};
use hw_model::AccountId;
use hw_model::topic::{self, BadTopic};
use hw_session::{Lasting, Subscriber};
use parking_lot::RwLock;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use crate::routes::{Edit, Routes};

/// All open taps.
pub struct Taps {
    routes: Arc<Routes>,
    open: RwLock<HashMap<u32, Open>>,
    next: AtomicU32,
}

struct Open {
    account: AccountId,
    filter: Box<str>,
    messages: mpsc::Sender<LiveMessage>,
    dropped: Arc<AtomicU64>,
}

impl Taps {
    /// Taps that will stand in these trees.
    pub fn new(routes: Arc<Routes>) -> Self {
        Self {
            routes,
            open: RwLock::default(),
            next: AtomicU32::new(0),
        }
    }

    /// Opens one; at most `waiting_max` messages wait for its reader.
    pub fn open(
        &self,
        account: AccountId,
        filter: &str,
        waiting_max: usize,
    ) -> Result<Tap, BadTopic> {
        topic::check_filter(filter)?;
        self.sweep();
        let (sender, messages) = mpsc::channel(waiting_max.max(1));
        let dropped = Arc::new(AtomicU64::new(0));
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let open = Open {
            account,
            filter: filter.into(),
            messages: sender,
            dropped: dropped.clone(),
        };
        self.open.write().insert(number, open);
        self.edit(account, filter, number, true);
        Ok(Tap { messages, dropped })
    }

    /// Gives a message to a tap; `message` is only called if it is taken.
    pub fn give(&self, tap: &Subscriber, message: impl FnOnce() -> LiveMessage) {
        let ended = {
            let open = self.open.read();
            let Some(found) = open.get(&tap.slot) else {
                return;
            };
            match found.messages.try_reserve() {
                Ok(place) => {
                    place.send(message());
                    false
                }
                Err(TrySendError::Full(())) => {
                    found.dropped.fetch_add(1, Ordering::Relaxed);
                    false
                }
                Err(TrySendError::Closed(())) => true,
            }
        };
        if ended {
            self.close(tap.slot);
        }
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.open.read().len()
    }

    fn sweep(&self) {
        let ended = |(number, open): (&u32, &Open)| open.messages.is_closed().then_some(*number);
        let ended: Vec<u32> = self.open.read().iter().filter_map(ended).collect();
        ended.into_iter().for_each(|number| self.close(number));
    }

    fn close(&self, number: u32) {
        let ended = self.open.write().remove(&number);
        if let Some(ended) = ended {
            self.edit(ended.account, &ended.filter, number, false);
        }
    }

    fn edit(&self, account: AccountId, filter: &str, number: u32, insert: bool) {
        let subscriber = Subscriber {
            shard: Subscriber::TAP,
            lasting: Lasting::No,
            slot: number,
            generation: 0,
            qos: 0,
            flags: 0,
            subscription_id: 0,
            group: 0,
        };
        let edit = Edit {
            filter: filter.into(),
            subscriber,
            insert,
        };
        self.routes
            .account(account)
            .apply(std::iter::once(edit), std::iter::empty());
    }
}
