// SPDX-License-Identifier: Apache-2.0
//! When certificates run out: the server's, and how many of devices.

use std::sync::Arc;

use hw_identity::certificate_facts;
use hw_identity::expiry::ExpiryWorker;
use hw_identity::public::Public;
use hw_identity::renewal::Renewal;
use hw_kernel::metric::{MetricSource, Page};
use hw_model::Timestamp;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::serve::people::People;

/// Whose ends of validity are told.
pub(super) struct Certificates {
    server: Arc<Renewal>,
    public: Option<Arc<Public>>,
    expiry: Arc<ExpiryWorker>,
    /// The authority's is read once.
    authority: Option<Timestamp>,
}

impl Certificates {
    pub(super) fn of(people: &People) -> Self {
        let pem = people.authority.certificate_pem.as_bytes();
        let der = CertificateDer::from_pem_slice(pem).ok();
        let facts = der.and_then(|der| certificate_facts::parse(&der).ok());
        Self {
            server: people.renewal.clone(),
            public: people.public.public.clone(),
            expiry: people.expiry.clone(),
            authority: facts.map(|facts| facts.not_after),
        }
    }
}

impl MetricSource for Certificates {
    fn write(&self, page: &mut Page) {
        let name = "headwater_certificate_not_after_timestamp_seconds";
        let family = page.gauge(
            name,
            "When a certificate of the server runs out, since 1970.",
        );
        let server = ("server", self.server.not_after());
        let authority = self.authority.map(|end| ("authority", end));
        let public = self.public.as_ref().and_then(|public| public.shown());
        let public = public.map(|shown| ("public", shown.not_after));
        let ends = [server].into_iter().chain(authority).chain(public);
        ends.fold(family, |family, (of, end)| {
            family.with(&[("certificate", &of)], end.0.div_euclid(1_000_000))
        });
        let devices = self.expiry.devices();
        page.gauge(
            "headwater_device_certificates_ending",
            "ACTIVE certificates of devices that have ended (0) or end within so many days.",
        )
        .with(&[("days", &0)], devices.ended)
        .with(&[("days", &7)], devices.within_7)
        .with(&[("days", &30)], devices.within_30)
        .with(&[("days", &90)], devices.within_90);
    }
}
