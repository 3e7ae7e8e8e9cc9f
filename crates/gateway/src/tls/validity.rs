// SPDX-License-Identifier: Apache-2.0
//! Whether a client certificate can be read, and is valid at this moment.

use hw_model::Timestamp;
use rustls::CertificateError;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Checks form and validity period; otherwise the cause in words, and what TLS tells the peer.
pub fn check(der: &[u8], now: Timestamp) -> Result<(), (&'static str, CertificateError)> {
    let (rest, certificate) = X509Certificate::from_der(der)
        .map_err(|_| ("certificate unreadable", CertificateError::BadEncoding))?;
    if !rest.is_empty() {
        return Err(("certificate unreadable", CertificateError::BadEncoding));
    }
    let seconds = now.0.div_euclid(1_000_000);
    let validity = certificate.validity();
    if seconds < validity.not_before.timestamp() {
        return Err(("certificate not yet valid", CertificateError::NotValidYet));
    }
    if seconds > validity.not_after.timestamp() {
        return Err(("certificate expired", CertificateError::Expired));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_wrong() {
        let key = rcgen::KeyPair::generate().expect("a key");
        let mut params = rcgen::CertificateParams::new(vec![]).expect("parameters");
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(2027, 1, 1);
        let certificate = params.self_signed(&key).expect("a certificate");
        let at = |year: i64| Timestamp(((year - 1970) * 365 + 200) * 86_400_000_000);
        let cause = |der: &[u8], year| check(der, at(year)).map_err(|(cause, _)| cause);
        assert_eq!(cause(certificate.der(), 2026), Ok(()));
        assert_eq!(
            cause(certificate.der(), 2024),
            Err("certificate not yet valid")
        );
        assert_eq!(cause(certificate.der(), 2028), Err("certificate expired"));
        assert_eq!(cause(b"\x30\x03abc", 2026), Err("certificate unreadable"));
        let longer = [certificate.der().as_ref(), b"x"].concat();
        assert_eq!(cause(&longer, 2026), Err("certificate unreadable"));
    }
}
