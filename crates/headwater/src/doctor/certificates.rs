// SPDX-License-Identifier: Apache-2.0
//! The authority's certificate, as devices have it in `ca.pem`. The server's own is looked at with
//! the secrets, since the catalog has it.

use hw_identity::certificate_facts;
use hw_model::Timestamp;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::{Finding, Ground};

pub(super) const CHECK: &str = "certificates";

const DAY_MICROS: i64 = 86_400_000_000;

/// From then on somebody should do something.
const DAYS_LEFT_MIN: i64 = 30;

pub(super) fn look(ground: &Ground) -> Vec<Finding> {
    let file = ground.file("ca.pem");
    let Ok(pem) = std::fs::read_to_string(&file) else {
        return Vec::new();
    };
    let cure = "devices must be given a new ca.pem: plan it before the day";
    vec![validity(
        "the authority's certificate",
        &pem,
        ground.now,
        cure,
    )]
}

/// Whether a certificate is valid now, and for a while yet.
pub(super) fn validity(what: &str, pem: &str, now: Timestamp, renew: &str) -> Finding {
    let der = CertificateDer::from_pem_slice(pem.as_bytes());
    let facts = der.ok().and_then(|der| certificate_facts::parse(&der).ok());
    let Some(facts) = facts else {
        let text = format!("{what} can't be read");
        return Finding::fail(CHECK, text, "restore it from a backup");
    };
    if now < facts.not_before {
        let text = format!("{what} is not valid yet: nobody can connect");
        return Finding::fail(CHECK, text, "set the clock");
    }
    until(what, facts.not_after, now, renew)
}

/// The same for one of which only the end is known.
pub(super) fn until(what: &str, end: Timestamp, now: Timestamp, renew: &str) -> Finding {
    let days = (end.0 - now.0).div_euclid(DAY_MICROS);
    if days < 0 {
        let text = format!("{what} has expired: nobody can connect");
        return Finding::fail(CHECK, text, renew);
    }
    let text = format!("{what} is valid for {days} more days");
    if days < DAYS_LEFT_MIN {
        Finding::warn(CHECK, text, renew)
    } else {
        Finding::ok(CHECK, text)
    }
}
