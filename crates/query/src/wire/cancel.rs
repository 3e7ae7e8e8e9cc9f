// SPDX-License-Identifier: Apache-2.0
//! Requests to cancel come on a connection of their own and name a process id and a secret.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use datafusion_postgres::pgwire::messages::startup::SecretKey;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// What can be cancelled, by process id and secret as they are on the wire.
#[derive(Default)]
pub(super) struct Cancels(Mutex<HashMap<Bytes, Arc<Notify>>>);

/// A connection's entry, which it takes along when it ends.
pub(super) struct Entry {
    shared: Arc<super::server::Shared>,
    key: Bytes,
    /// Tells the statement that runs; with none running, nobody hears it.
    pub notify: Arc<Notify>,
}

impl Entry {
    /// Lets the connection of this id and secret be cancelled.
    pub(super) fn new(
        shared: Arc<super::server::Shared>,
        (pid, secret): (i32, &SecretKey),
        notify: Arc<Notify>,
    ) -> Self {
        let secret = secret.to_bytes();
        let mut key = BytesMut::with_capacity(4 + secret.len());
        key.put_i32(pid);
        key.put_slice(&secret);
        let key = key.freeze();
        shared
            .cancels
            .0
            .lock()
            .insert(key.clone(), Arc::clone(&notify));
        Self {
            shared,
            key,
            notify,
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.shared.cancels.0.lock().remove(&self.key);
    }
}

impl Cancels {
    /// Ends what runs under `key`, if anything does; a wrong key is answered by nothing.
    pub(super) fn cancel(&self, key: &Bytes) {
        if let Some(notify) = self.0.lock().get(key) {
            notify.notify_waiters();
        }
    }
}
