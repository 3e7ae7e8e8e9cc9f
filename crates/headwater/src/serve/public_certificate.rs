// SPDX-License-Identifier: Apache-2.0
//! The certificate that somebody else has signed, if the settings name one: from files or by ACME.

use std::sync::Arc;

use hw_gateway::tls::ServerIdentity;
use hw_identity::Identity;
use hw_identity::acme::{AcmeSettings, AcmeWorker, Challenges};
use hw_identity::outbound::Outbound;
use hw_identity::public::Public;
use hw_identity::public::files::{Files, FilesWorker};
use hw_identity::server_certificate::ServerCertificate;
use hw_kernel::{Clock, Crew, EventSink};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{ServeError, https_tls};
use crate::config::{AcmeConfig, Config, PublicSource};

/// What the rest of the server knows of it.
#[derive(Default, Clone)]
pub(super) struct PublicCertificate {
    /// The one that is shown.
    pub public: Option<Arc<Public>>,
    acme: Option<Arc<AcmeWorker>>,
}

impl PublicCertificate {
    /// Whoever asks for a proof of a name can be answered from now on.
    pub fn doors_are_open(&self) {
        if let Some(acme) = &self.acme {
            acme.doors_are_open();
        }
    }
}

/// What it is made from.
pub(super) struct Ground<'a> {
    pub config: &'a Config,
    pub identity: &'a Identity,
    pub server: &'a ServerIdentity,
    pub clock: &'a Arc<dyn Clock>,
    pub events: &'a Arc<dyn EventSink>,
}

/// Has the doors show it, and hires who keeps it valid.
pub(super) async fn open(
    ground: Ground<'_>,
    crew: &mut Crew,
) -> Result<PublicCertificate, ServeError> {
    let certificates = &ground.config.certificates;
    ground
        .server
        .set_for_devices(certificates.server_for_devices);
    match &certificates.server {
        None => Ok(PublicCertificate::default()),
        Some(PublicSource::Files { chain, key }) => {
            let files = Files {
                chain: chain.clone(),
                key: key.clone(),
                public_host: ground.config.public_host.clone(),
            };
            from_files(ground, files, crew)
        }
        Some(PublicSource::Acme(acme)) => by_acme(ground, acme, crew).await,
    }
}

fn public(source: &'static str, server: &ServerIdentity) -> Arc<Public> {
    let server = server.clone();
    let install = move |made: &ServerCertificate| {
        https_tls::show_public(&server, made).map_err(|error| error.to_string())
    };
    Arc::new(Public::new(source, Box::new(install)))
}

fn from_files(
    ground: Ground<'_>,
    files: Files,
    crew: &mut Crew,
) -> Result<PublicCertificate, ServeError> {
    const BROKEN: &str = "the certificate of certificates.server_chain_file can't be used";
    let read = files.read(ground.clock.now());
    let read = read.map_err(ServeError::part(BROKEN))?;
    let public = public("files", ground.server);
    public.show(&read).map_err(ServeError::part(BROKEN))?;
    let (clock, events) = (ground.clock.clone(), ground.events.clone());
    let worker = FilesWorker::new(files, public.clone(), clock, events);
    crew.hire(Arc::new(worker));
    Ok(PublicCertificate {
        public: Some(public),
        acme: None,
    })
}

async fn by_acme(
    ground: Ground<'_>,
    acme: &AcmeConfig,
    crew: &mut Crew,
) -> Result<PublicCertificate, ServeError> {
    const BROKEN: &str = "certificates can't be got by ACME";
    let pem = acme.ca_pem.as_deref().unwrap_or_default();
    let more = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>();
    let more = more.map_err(ServeError::part("certificates.acme.ca_file is not PEM"))?;
    // Who runs the server has named the place, and may name a private one.
    let outbound = Outbound::new(more, true).map_err(ServeError::part(BROKEN))?;
    let settings = AcmeSettings {
        directory_url: acme.directory_url.clone(),
        contact: acme.contact.clone(),
        names: acme.names.clone(),
        eab: acme.eab.clone(),
    };
    if ground.config.listen.https.is_none() {
        let why = "the door https is off, by which names are proved";
        return Err(ServeError::part(BROKEN)(why));
    }
    let public = public("acme", ground.server);
    let worker = Arc::new(AcmeWorker::new(
        ground.identity.clone(),
        settings,
        outbound,
        Box::new(Answers(ground.server.clone())),
        public.clone(),
        ground.events.clone(),
    ));
    worker
        .show_kept()
        .await
        .map_err(ServeError::part("the certificate by ACME can't be read"))?;
    crew.hire(worker.clone());
    Ok(PublicCertificate {
        public: Some(public),
        acme: Some(worker),
    })
}

/// Challenges, answered at the HTTPS door.
struct Answers(ServerIdentity);

impl Challenges for Answers {
    fn answer(&self, name: &str, certificate_der: &[u8], key_der: &[u8]) -> Result<(), String> {
        let certificate = CertificateDer::from(certificate_der.to_vec());
        let key = PrivateKeyDer::try_from(key_der.to_vec()).map_err(str::to_owned)?;
        let answered = self.0.answer_challenge(name, certificate, key);
        answered.map_err(|error| error.to_string())
    }

    fn end(&self) {
        self.0.end_challenges();
    }
}
