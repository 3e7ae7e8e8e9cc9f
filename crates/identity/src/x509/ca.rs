// SPDX-License-Identifier: Apache-2.0
//! A CA's certificate, as far as it vouches for a device's: webpki takes the anchors of a chain as
//! given, so what it leaves out (validity, basicConstraints, keyUsage, quality of the key) is
//! checked here.

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;

use hw_model::{CertificateId, Timestamp};

use super::{Refused, pem, signature, usage};
use crate::certificates::id_of;

const WHAT: &str = "CA certificate";

/// A CA's certificate that passed.
#[derive(Debug, Clone)]
pub struct Issuer {
    der: Vec<u8>,
    /// SHA-256 of its DER.
    pub id: CertificateId,
}

/// Reads and checks a CA's certificate.
pub fn issuer(text: &str, now: Timestamp) -> Result<Issuer, Refused> {
    let der = pem::one(
        text,
        &["CERTIFICATE", "X509 CERTIFICATE"],
        pem::PEM_CHARACTERS_MAX,
    )
    .map_err(|refused| Refused::because(format!("CA: {refused}")))?;
    {
        let certificate = usage::parse(WHAT, &der)?;
        usage::check_form(WHAT, &certificate)?;
        check_kind(&certificate)?;
        check_validity(&certificate, now)?;
        if certificate.issuer().as_raw() == certificate.subject().as_raw() {
            signature::verify(
                WHAT,
                certificate.public_key(),
                &certificate.signature_algorithm,
                certificate.tbs_certificate.as_ref(),
                &certificate.signature_value.data,
            )?;
        }
    }
    let id = id_of(&der);
    Ok(Issuer { der, id })
}

fn check_kind(certificate: &X509Certificate<'_>) -> Result<(), Refused> {
    if !usage::is_ca(WHAT, certificate)? {
        return Err(Refused::because(
            "the CA certificate is not one of a CA: it has no basicConstraints CA:TRUE",
        ));
    }
    let usage = certificate
        .key_usage()
        .map_err(|_| Refused::because("the keyUsage of the CA certificate can't be read"))?;
    if usage.is_some_and(|usage| !usage.value.key_cert_sign()) {
        return Err(Refused::because(
            "the keyUsage of the CA certificate has no keyCertSign",
        ));
    }
    let unheeded = certificate
        .extensions()
        .iter()
        .find(|extension| extension.critical && !is_heeded(extension.parsed_extension()));
    match unheeded {
        Some(extension) => Err(Refused::because(format!(
            "the CA certificate has a critical extension that is not heeded here: {}",
            extension.oid.to_id_string()
        ))),
        None => Ok(()),
    }
}

/// Whether a CA's certificate may insist on this (RFC 5280 4.2): it is checked, or limits nothing
/// that is asked here. Constraints on the names of what it signs are neither.
fn is_heeded(extension: &ParsedExtension<'_>) -> bool {
    matches!(
        extension,
        ParsedExtension::BasicConstraints(_)
            | ParsedExtension::KeyUsage(_)
            | ParsedExtension::ExtendedKeyUsage(_)
            | ParsedExtension::SubjectKeyIdentifier(_)
            | ParsedExtension::AuthorityKeyIdentifier(_)
            | ParsedExtension::SubjectAlternativeName(_)
            | ParsedExtension::IssuerAlternativeName(_)
            | ParsedExtension::CertificatePolicies(_)
            | ParsedExtension::CRLDistributionPoints(_)
            | ParsedExtension::AuthorityInfoAccess(_)
    )
}

fn check_validity(certificate: &X509Certificate<'_>, now: Timestamp) -> Result<(), Refused> {
    let seconds = now.0.div_euclid(1_000_000);
    let validity = certificate.validity();
    if seconds < validity.not_before.timestamp() {
        return Err(Refused::because("the CA certificate is not valid yet"));
    }
    if seconds > validity.not_after.timestamp() {
        return Err(Refused::because("the CA certificate has expired"));
    }
    Ok(())
}

impl Issuer {
    /// Whether this CA signed `certificate`.
    pub(super) fn signed(&self, certificate: &X509Certificate<'_>) -> Result<(), Refused> {
        let own = usage::parse(WHAT, &self.der)?;
        if own.subject().as_raw() != certificate.issuer().as_raw() {
            return Err(Refused::because(
                "the certificate was issued by another CA: its issuer is not the CA's subject",
            ));
        }
        if let (Some(wanted), Some(found)) = (authority_key(certificate), subject_key(&own))
            && wanted != found
        {
            return Err(Refused::because(
                "the certificate was issued by a CA of the same name with another key",
            ));
        }
        signature::verify(
            "certificate",
            own.public_key(),
            &certificate.signature_algorithm,
            certificate.tbs_certificate.as_ref(),
            &certificate.signature_value.data,
        )
    }
}

fn authority_key<'a>(certificate: &'a X509Certificate<'_>) -> Option<&'a [u8]> {
    let found = |extension: &'a x509_parser::extensions::X509Extension<'_>| match extension
        .parsed_extension()
    {
        ParsedExtension::AuthorityKeyIdentifier(id) => Some(id.key_identifier.as_ref()?.0),
        _ => None,
    };
    certificate.extensions().iter().find_map(found)
}

fn subject_key<'a>(certificate: &'a X509Certificate<'_>) -> Option<&'a [u8]> {
    let found = |extension: &'a x509_parser::extensions::X509Extension<'_>| match extension
        .parsed_extension()
    {
        ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0),
        _ => None,
    };
    certificate.extensions().iter().find_map(found)
}
