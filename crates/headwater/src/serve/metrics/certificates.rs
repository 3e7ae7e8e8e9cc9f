// SPDX-License-Identifier: Apache-2.0
//! When the server's own certificates run out.

use hw_identity::certificate_facts;
use hw_kernel::metric::{MetricSource, Page};
use hw_model::Timestamp;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::serve::people::People;

/// Ends of validity, read once.
pub(super) struct Certificates(Vec<(&'static str, Timestamp)>);

impl Certificates {
    pub(super) fn of(people: &People) -> Self {
        let pems = [
            ("server", &people.server_certificate.chain_pem),
            ("authority", &people.authority.certificate_pem),
        ];
        let ends = pems.into_iter().filter_map(|(name, pem)| {
            let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
            Some((name, certificate_facts::parse(&der).ok()?.not_after))
        });
        Self(ends.collect())
    }
}

impl MetricSource for Certificates {
    fn write(&self, page: &mut Page) {
        let name = "headwater_certificate_not_after_timestamp_seconds";
        let family = page.gauge(
            name,
            "When a certificate of the server runs out, since 1970.",
        );
        self.0.iter().fold(family, |family, (of, end)| {
            family.with(&[("certificate", of)], end.0.div_euclid(1_000_000))
        });
    }
}
