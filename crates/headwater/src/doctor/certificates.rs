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

/// Fewer days than that are no time to mend anything.
const DAYS_TO_FAIL: i64 = 7;

/// The server makes its own anew before: at fewer days, something keeps it from that.
pub(super) const DAYS_OF_SERVER: i64 = 30;

/// One by ACME may live for 90 days alone; at fewer, something keeps the server from a new one.
pub(super) const DAYS_OF_ACME: i64 = 21;

/// All devices must be given a new one before, which takes its time.
const DAYS_OF_AUTHORITY: i64 = 90;

pub(super) fn look(ground: &Ground) -> Vec<Finding> {
    let file = ground.file("ca.pem");
    let Ok(pem) = std::fs::read_to_string(&file) else {
        return Vec::new();
    };
    let cure = "devices must be given another ca.pem before the day: docs/operations.md, *Replace \
                the CA*";
    let what = "the authority's certificate";
    vec![validity(what, &pem, ground.now, DAYS_OF_AUTHORITY, cure)]
}

/// Whether a certificate is valid now, and for more than `days` yet.
pub(super) fn validity(what: &str, pem: &str, now: Timestamp, days: i64, renew: &str) -> Finding {
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
    until(what, facts.not_after, now, days, renew)
}

/// The same for one of which only the end is known.
pub(super) fn until(what: &str, end: Timestamp, now: Timestamp, days: i64, renew: &str) -> Finding {
    let left = (end.0 - now.0).div_euclid(DAY_MICROS);
    let text = format!("{what} is valid for {left} more days");
    match left {
        ..0 => {
            let text = format!("{what} has expired: nobody can connect");
            Finding::fail(CHECK, text, renew)
        }
        0..DAYS_TO_FAIL => {
            let text = format!("{text}: nobody can connect then");
            Finding::fail(CHECK, text, renew)
        }
        _ if left < days => Finding::warn(CHECK, text, renew),
        _ => Finding::ok(CHECK, text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    #[test]
    fn the_nearer_the_end_the_worse() {
        let level = |left: i64, days: i64| {
            let end = Timestamp(left * DAY_MICROS + DAY_MICROS / 2);
            until("it", end, Timestamp(0), days, "renew it").level
        };
        for (left, server, authority) in [
            (400, Level::Ok, Level::Ok),
            (90, Level::Ok, Level::Ok),
            (89, Level::Ok, Level::Warn),
            (29, Level::Warn, Level::Warn),
            (7, Level::Warn, Level::Warn),
            (6, Level::Fail, Level::Fail),
            (-1, Level::Fail, Level::Fail),
        ] {
            let levels = (level(left, DAYS_OF_SERVER), level(left, DAYS_OF_AUTHORITY));
            assert_eq!(levels, (server, authority), "{left} days");
        }
    }
}
