// SPDX-License-Identifier: Apache-2.0
//! The worker `identity.certificate`: makes the server's certificate anew before it ends, and when
//! the machine has got another name or address, and hands it to the doors while the server runs.
//! Devices trust the CA, so that they notice nothing.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hw_kernel::worker::{StatusCell, Worker, WorkerStatus};
use hw_kernel::{Clock, Shutdown};
use hw_model::Timestamp;
use parking_lot::Mutex;

use crate::server_certificate::ServerCertificate;
use crate::{Identity, IdentityError};

/// How often it looks. By the monotonic clock: a wall clock that was set is noticed, too.
const EVERY: Duration = Duration::from_secs(60);

const DAY_MICROS: i64 = 86_400_000_000;

/// Gives a certificate to whoever shows it; words if it can't be shown.
pub type Install = Box<dyn Fn(&ServerCertificate) -> Result<(), String> + Send + Sync>;

/// By which names and addresses the server is reached now; the first is the certificate's subject.
pub type Names = Box<dyn Fn() -> Vec<String> + Send + Sync>;

/// Keeps the server's certificate valid.
pub struct Renewal {
    identity: Identity,
    names: Names,
    current: Mutex<ServerCertificate>,
    install: Install,
    status: StatusCell,
}

impl Renewal {
    /// For `current`, which the doors show already.
    pub fn new(
        identity: Identity,
        names: Names,
        current: ServerCertificate,
        install: Install,
    ) -> Self {
        let status = StatusCell::named("identity.certificate");
        Self {
            identity,
            names,
            current: Mutex::new(current),
            install,
            status,
        }
    }

    /// When the certificate ends that the doors show.
    pub fn not_after(&self) -> Timestamp {
        self.current.lock().not_after
    }

    /// The chain that the doors show: PEM, its own certificate first.
    pub fn chain_pem(&self) -> String {
        self.current.lock().chain_pem.clone()
    }

    /// Makes another and installs it, if the one that is shown does not serve any more.
    async fn look(&self) {
        let now = self.identity.clock.now();
        let names = (self.names)();
        let serves = {
            let current = self.current.lock();
            current.serves(now) && current.covers(&names)
        };
        let error = match serves {
            true => None,
            false => self.renew(&names).await.err(),
        };
        let days = (self.not_after().0 - self.identity.clock.now().0).div_euclid(DAY_MICROS);
        let state = if error.is_some() { "failing" } else { "idle" };
        if let Some(error) = &error {
            tracing::error!(error, "the server's certificate could not be made anew");
        }
        self.status.set(state, format!("{days} days left"), error);
    }

    async fn renew(&self, names: &[String]) -> Result<(), String> {
        let made = self.made(names).await.map_err(|error| error.to_string())?;
        (self.install)(&made)?;
        tracing::info!(
            days = (made.not_after.0 - self.identity.clock.now().0) / DAY_MICROS,
            names = made.names().join(" "),
            "the server shows a new certificate"
        );
        *self.current.lock() = made;
        Ok(())
    }

    async fn made(&self, names: &[String]) -> Result<ServerCertificate, IdentityError> {
        let authority = self.identity.authority().await?;
        self.identity.server_certificate(&authority, names).await
    }
}

#[async_trait]
impl Worker for Renewal {
    fn status(&self) -> WorkerStatus {
        self.status.get()
    }

    async fn run(&self, shutdown: Shutdown) {
        let clock: &Arc<dyn Clock> = &self.identity.clock;
        loop {
            self.look().await;
            if shutdown.wait_for(clock.sleep(EVERY)).await {
                break;
            }
        }
        let status = self.status.get();
        self.status.set("ended", status.lag, status.last_error);
    }
}
