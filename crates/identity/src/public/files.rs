// SPDX-License-Identifier: Apache-2.0
//! The public certificate from two files, and the worker `identity.certificate_files` that reads
//! them again when they change. What can't be used is told, and the doors go on showing what they
//! did.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use hw_kernel::worker::{StatusCell, Worker, WorkerStatus};
use hw_kernel::{Clock, Event, EventSink, Shutdown};
use hw_model::{AccountId, Timestamp};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::Public;
use crate::device_key;
use crate::host_names::covers;
use crate::server_certificate::ServerCertificate;

/// How often it looks whether the files have changed.
const EVERY: Duration = Duration::from_secs(5);

/// Looks in a row that find files of no use before an event tells: the first may have come between
/// the one file's being written and the other's.
const BAD_LOOKS_MIN: u32 = 2;

const DAY_MICROS: i64 = 86_400_000_000;

/// Why files are not a certificate to show, in words that say what to do.
#[derive(Debug, thiserror::Error)]
pub enum BadFiles {
    /// One can't be read.
    #[error("{path} can't be read: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no certificate, or something that is none.
    #[error("{0} has no certificates in PEM (BEGIN CERTIFICATE)")]
    Chain(PathBuf),
    /// There is no key.
    #[error(
        "{0} has no key in PEM (BEGIN PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY, without a \
         passphrase)"
    )]
    Key(PathBuf),
    /// They do not belong together.
    #[error(
        "the key in {key} is not that of the first certificate in {chain}: the server's own comes \
         first, those of its issuers behind it ({detail})"
    )]
    Mismatch {
        /// The file with the certificates.
        chain: PathBuf,
        /// The file with the key.
        key: PathBuf,
        /// What TLS says.
        detail: String,
    },
    /// It is over.
    #[error("the certificate in {path} ended {days} days ago: get a new one")]
    Expired {
        /// The file with the certificates.
        path: PathBuf,
        /// Whole days.
        days: i64,
    },
    /// It is for a time to come.
    #[error("the certificate in {0} is not valid yet: is this machine's clock right?")]
    NotYet(PathBuf),
    /// It is for other names.
    #[error(
        "the certificate in {path} is for {names} and not for {host}: get one for that name, or \
         set public_host to a name that it has"
    )]
    OtherNames {
        /// The file with the certificates.
        path: PathBuf,
        /// What it is for.
        names: String,
        /// What the server is called.
        host: String,
    },
}

/// Where the certificate is, and what for.
#[derive(Debug, Clone)]
pub struct Files {
    /// PEM: the server's certificate, its issuers behind it.
    pub chain: PathBuf,
    /// PEM: the key of the first one.
    pub key: PathBuf,
    /// What devices and people call the server.
    pub public_host: String,
}

impl Files {
    /// Reads and checks them.
    ///
    /// # Errors
    /// Why they are of no use now.
    pub fn read(&self, now: Timestamp) -> Result<ServerCertificate, BadFiles> {
        let chain_pem = text(&self.chain)?;
        let chain = CertificateDer::pem_slice_iter(chain_pem.as_bytes());
        let chain = chain.collect::<Result<Vec<_>, _>>().unwrap_or_default();
        let no_chain = || BadFiles::Chain(self.chain.clone());
        if chain.is_empty() {
            return Err(no_chain());
        }
        let key_pem = hw_model::Secret::new(text(&self.key)?);
        let key = PrivateKeyDer::from_pem_slice(key_pem.expose().as_bytes());
        let key = key.map_err(|_| BadFiles::Key(self.key.clone()))?;
        let key_der = key.secret_der().to_vec();
        // What stands around the certificates in the file is not kept.
        let clean: String = chain
            .iter()
            .map(|der| device_key::pem("CERTIFICATE", der).to_string())
            .collect();
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        CertifiedKey::from_der(chain, key, &provider).map_err(|error| BadFiles::Mismatch {
            chain: self.chain.clone(),
            key: self.key.clone(),
            detail: error.to_string(),
        })?;
        let certificate = ServerCertificate::new(clean, key_der).map_err(|_| no_chain())?;
        self.check(&certificate, now)?;
        Ok(certificate)
    }

    fn check(&self, certificate: &ServerCertificate, now: Timestamp) -> Result<(), BadFiles> {
        if certificate.not_after <= now {
            let days = (now.0 - certificate.not_after.0).div_euclid(DAY_MICROS);
            let path = self.chain.clone();
            return Err(BadFiles::Expired { path, days });
        }
        if now < certificate.not_before {
            return Err(BadFiles::NotYet(self.chain.clone()));
        }
        let names = certificate.names();
        if !covers(&names, &self.public_host) {
            return Err(BadFiles::OtherNames {
                path: self.chain.clone(),
                names: match names.is_empty() {
                    true => "no name".to_owned(),
                    false => names.join(", "),
                },
                host: self.public_host.clone(),
            });
        }
        Ok(())
    }

    /// What tells whether they have changed. A file that is not there has changed when it is.
    fn stamp(&self) -> [Option<(u64, SystemTime)>; 2] {
        [&self.chain, &self.key].map(|path| {
            let facts = std::fs::metadata(path).ok()?;
            Some((facts.len(), facts.modified().ok()?))
        })
    }
}

fn text(path: &Path) -> Result<String, BadFiles> {
    std::fs::read_to_string(path).map_err(|source| BadFiles::File {
        path: path.to_owned(),
        source,
    })
}

/// Has the doors show what is in the files.
pub struct FilesWorker {
    files: Files,
    public: Arc<Public>,
    clock: Arc<dyn Clock>,
    events: Arc<dyn EventSink>,
    status: StatusCell,
}

impl FilesWorker {
    /// For files that have been read, and are shown by `public`.
    pub fn new(
        files: Files,
        public: Arc<Public>,
        clock: Arc<dyn Clock>,
        events: Arc<dyn EventSink>,
    ) -> Self {
        Self {
            files,
            public,
            clock,
            events,
            status: StatusCell::named("identity.certificate_files"),
        }
    }

    /// Shows what is in the files if that is something else than is shown.
    fn look(&self) -> Result<(), String> {
        let now = self.clock.now();
        let read = self.files.read(now).map_err(|error| error.to_string())?;
        let shown = self.public.shown().map(|shown| shown.chain_pem);
        if shown.as_deref() == Some(&read.chain_pem) {
            return Ok(());
        }
        self.public.show(&read)?;
        let names = read.names().join(" ");
        tracing::info!(names, "the doors show the certificate from the files");
        self.tell(
            "ok",
            format!("the server's certificate was read anew: {names}"),
        );
        Ok(())
    }

    fn tell(&self, outcome: &str, cause: String) {
        let event = Event::new(AccountId::FIRST, "certificate", outcome, cause);
        self.events.emit(event);
    }

    fn report(&self, failed: Option<String>) {
        let now = self.clock.now();
        let left = self.public.shown().map_or(0, |shown| {
            (shown.not_after.0 - now.0).div_euclid(DAY_MICROS)
        });
        let state = if failed.is_some() { "failing" } else { "idle" };
        self.status.set(state, format!("{left} days left"), failed);
    }
}

#[async_trait]
impl Worker for FilesWorker {
    fn status(&self) -> WorkerStatus {
        self.status.get()
    }

    async fn run(&self, shutdown: Shutdown) {
        let mut seen = None;
        let mut bad_looks = 0;
        loop {
            let stamp = self.files.stamp();
            if bad_looks > 0 || seen != Some(stamp) {
                let failed = self.look().err();
                bad_looks = if failed.is_some() { bad_looks + 1 } else { 0 };
                if bad_looks == BAD_LOOKS_MIN
                    && let Some(why) = &failed
                {
                    tracing::warn!(why, "the certificate's files can't be used");
                    self.tell("failed", format!("{why}; the one before is still shown"));
                }
                self.report(failed);
                seen = Some(stamp);
            } else {
                self.report(None);
            }
            if shutdown.wait_for(self.clock.sleep(EVERY)).await {
                break;
            }
        }
        let status = self.status.get();
        self.status.set("ended", status.lag, status.last_error);
    }
}
