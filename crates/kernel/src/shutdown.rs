// SPDX-License-Identifier: Apache-2.0
//! Shutdown: one signal, seen by everyone, and nobody waits for it alone.

use std::future::Future;

use tokio::sync::watch;

/// A clone for each worker; resolves once somebody calls [`ShutdownSender::begin`] or drops it.
#[derive(Debug, Clone)]
pub struct Shutdown(watch::Receiver<bool>);

/// The other end.
#[derive(Debug)]
pub struct ShutdownSender(watch::Sender<bool>);

/// A sender and the first receiver.
pub fn channel() -> (ShutdownSender, Shutdown) {
    let (sender, receiver) = watch::channel(false);
    (ShutdownSender(sender), Shutdown(receiver))
}

impl ShutdownSender {
    /// Tells everyone to end.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }
}

impl Shutdown {
    /// Whether it has begun.
    pub fn has_begun(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Resolves when it begins.
    pub async fn begun(&self) {
        let mut receiver = self.0.clone();
        let _ = receiver.wait_for(|begun| *begun).await;
    }

    /// Waits for `future` or for shutdown: `true` means that shutdown has begun.
    pub async fn wait_for(&self, future: impl Future<Output = ()>) -> bool {
        tokio::select! {
            biased;
            () = self.begun() => true,
            () = future => self.has_begun(),
        }
    }
}
