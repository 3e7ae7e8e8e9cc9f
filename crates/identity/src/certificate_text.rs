// SPDX-License-Identifier: Apache-2.0
//! What a certificate says of itself, for people who look at it.

use hw_model::{CertificateId, Timestamp};
use x509_parser::parse_x509_certificate;
use x509_parser::pem::parse_x509_pem;

use crate::certificates::id_of;
use crate::{IdentityError, device_key, server_certificate};

/// A certificate in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateText {
    /// SHA-256 of its DER.
    pub sha256: CertificateId,
    /// The certificate alone.
    pub pem: String,
    /// As in `CN=pump-1`.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// From when it is valid.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
    /// DNS names and addresses that it is for.
    pub names: Vec<String>,
}

/// Reads the first certificate of a chain.
///
/// # Errors
/// `Invalid` for what is none.
pub fn read(chain_pem: &str) -> Result<CertificateText, IdentityError> {
    let wrong = || IdentityError::Invalid("this is not a certificate in PEM".into());
    let (_, pem) = parse_x509_pem(chain_pem.as_bytes()).map_err(|_| wrong())?;
    let (_, parsed) = parse_x509_certificate(&pem.contents).map_err(|_| wrong())?;
    let micros = |time: x509_parser::time::ASN1Time| Timestamp(time.timestamp() * 1_000_000);
    Ok(CertificateText {
        sha256: id_of(&pem.contents),
        pem: device_key::pem("CERTIFICATE", &pem.contents).to_string(),
        subject: parsed.subject().to_string(),
        issuer: parsed.issuer().to_string(),
        not_before: micros(parsed.validity().not_before),
        not_after: micros(parsed.validity().not_after),
        names: sorted(server_certificate::names_in(chain_pem)),
    })
}

/// The DER of the first certificate of a chain.
///
/// # Errors
/// `Invalid` for what is none.
pub fn der(chain_pem: &str) -> Result<Vec<u8>, IdentityError> {
    let wrong = |_| IdentityError::Invalid("this is not a certificate in PEM".into());
    let (_, pem) = parse_x509_pem(chain_pem.as_bytes()).map_err(wrong)?;
    Ok(pem.contents)
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}
