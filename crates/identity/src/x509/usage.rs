// SPDX-License-Identifier: Apache-2.0
//! What every certificate must be, device's or CA's: form, version, serial number, key, signature
//! algorithm; and what it is for.

use x509_parser::certificate::X509Certificate;
use x509_parser::x509::X509Version;

use super::{Refused, key_quality, names, signature};

/// Longest serial number, in bytes (RFC 5280 section 4.1.2.2).
const SERIAL_BYTES_MAX: usize = 20;

/// Reads DER, and nothing behind it.
pub(super) fn parse<'a>(what: &str, der: &'a [u8]) -> Result<X509Certificate<'a>, Refused> {
    let (rest, certificate) = x509_parser::parse_x509_certificate(der)
        .map_err(|_| Refused::because(format!("the {what} is not an X.509 certificate")))?;
    if !rest.is_empty() {
        return Err(Refused::because(format!(
            "there are bytes behind the {what}"
        )));
    }
    Ok(certificate)
}

/// Checks what holds for all.
pub(super) fn check_form(what: &str, certificate: &X509Certificate<'_>) -> Result<(), Refused> {
    if certificate.version() != X509Version::V3 {
        return Err(Refused::because(format!(
            "the {what} must be an X.509 certificate of version 3"
        )));
    }
    let serial = certificate.raw_serial();
    let first = serial.first().copied().unwrap_or(0);
    if first & 0x80 != 0 || serial.iter().all(|byte| *byte == 0) {
        return Err(Refused::because(format!(
            "the serial number of the {what} must be above zero"
        )));
    }
    if serial.len() > SERIAL_BYTES_MAX {
        return Err(Refused::because(format!(
            "the serial number of the {what} has more than {SERIAL_BYTES_MAX} bytes"
        )));
    }
    // Twice said, and one alone is under the signature.
    if certificate.signature_algorithm != certificate.tbs_certificate.signature {
        return Err(Refused::because(format!(
            "the {what} names two different signature algorithms"
        )));
    }
    certificate
        .extensions_map()
        .map_err(|_| Refused::because(format!("the {what} has an extension twice")))?;
    signature::check_algorithm(&certificate.signature_algorithm)?;
    names::check(&format!("subject of the {what}"), certificate.subject())?;
    names::check(&format!("issuer of the {what}"), certificate.issuer())?;
    key_quality::check(certificate.public_key())
}

/// Whether the certificate says that it is a CA's.
pub(super) fn is_ca(what: &str, certificate: &X509Certificate<'_>) -> Result<bool, Refused> {
    let constraints = certificate.basic_constraints().map_err(|_| {
        Refused::because(format!("the basicConstraints of the {what} can't be read"))
    })?;
    Ok(constraints.is_some_and(|constraints| constraints.value.ca))
}

/// What a device's certificate may be used for: to prove who it is, and not to sign others.
pub(super) fn check_for_device(certificate: &X509Certificate<'_>) -> Result<(), Refused> {
    let unreadable = |name: &str| Refused::because(format!("the {name} can't be read"));
    let usage = certificate
        .key_usage()
        .map_err(|_| unreadable("keyUsage"))?;
    if let Some(usage) = usage {
        if usage.value.key_cert_sign() {
            return Err(Refused::because(
                "a device's certificate must not have keyUsage keyCertSign",
            ));
        }
        if !usage.value.digital_signature() {
            return Err(Refused::because(
                "the keyUsage must have digitalSignature: a device signs when it connects",
            ));
        }
    }
    let purposes = certificate
        .extended_key_usage()
        .map_err(|_| unreadable("extendedKeyUsage"))?;
    if let Some(purposes) = purposes
        && !purposes.value.any
        && !purposes.value.client_auth
    {
        return Err(Refused::because(
            "the extendedKeyUsage must have clientAuth, or be left out",
        ));
    }
    Ok(())
}
