// SPDX-License-Identifier: Apache-2.0
//! When the server's own certificates run out.

use std::sync::Arc;

use hw_identity::certificate_facts;
use hw_identity::renewal::Renewal;
use hw_kernel::metric::{MetricSource, Page};
use hw_model::Timestamp;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::serve::people::People;

/// Whose ends of validity are told.
pub(super) struct Certificates {
    server: Arc<Renewal>,
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
        let ends = [server].into_iter().chain(authority);
        ends.fold(family, |family, (of, end)| {
            family.with(&[("certificate", &of)], end.0.div_euclid(1_000_000))
        });
    }
}
