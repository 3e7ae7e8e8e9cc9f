// SPDX-License-Identifier: Apache-2.0
//! A device's certificate as it is registered.

use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;

use super::ca::Issuer;
use super::{Refused, pem, signature, usage};
use hw_model::Timestamp;

/// Most alternative names of a device's certificate.
const ALTERNATIVE_NAMES_MAX: usize = 100;

const WHAT: &str = "certificate";

/// A certificate that passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCertificate {
    /// Its DER.
    pub der: Vec<u8>,
}

/// Reads and checks a device's certificate; with an issuer, also that it signed it. A certificate
/// that is not valid yet is taken: it can be used from that time on.
pub fn device_certificate(
    text: &str,
    issuer: Option<&Issuer>,
    now: Timestamp,
) -> Result<DeviceCertificate, Refused> {
    let der = pem::one(
        text,
        &["CERTIFICATE", "X509 CERTIFICATE"],
        pem::PEM_CHARACTERS_MAX,
    )?;
    {
        let certificate = usage::parse(WHAT, &der)?;
        usage::check_form(WHAT, &certificate)?;
        check_kind(&certificate)?;
        if now.0.div_euclid(1_000_000) > certificate.validity().not_after.timestamp() {
            return Err(Refused::because("the certificate has expired"));
        }
        check_signature(&certificate, issuer)?;
        // What TLS can't read (an unknown critical extension, say) could never connect.
        rustls::server::ParsedCertificate::try_from(&CertificateDer::from(der.as_slice()))
            .map_err(|error| {
                Refused::because(format!("a device could not connect with it: {error}"))
            })?;
    }
    Ok(DeviceCertificate { der })
}

fn check_kind(certificate: &X509Certificate<'_>) -> Result<(), Refused> {
    if usage::is_ca(WHAT, certificate)? {
        return Err(Refused::because(
            "this is the certificate of a CA (basicConstraints CA:TRUE), not of a device; \
             make the device's with CA:FALSE",
        ));
    }
    usage::check_for_device(certificate)?;
    let names = certificate
        .subject_alternative_name()
        .map_err(|_| Refused::because("the subjectAltName of the certificate can't be read"))?;
    let count = names.map_or(0, |names| names.value.general_names.len());
    if count > ALTERNATIVE_NAMES_MAX {
        return Err(Refused::because(format!(
            "the certificate has {count} alternative names; at most {ALTERNATIVE_NAMES_MAX} are taken"
        )));
    }
    Ok(())
}

/// By its issuer if one is known; by itself if it says that it signed itself. Of a certificate
/// registered without its CA, nobody here knows the issuer's key.
fn check_signature(
    certificate: &X509Certificate<'_>,
    issuer: Option<&Issuer>,
) -> Result<(), Refused> {
    if let Some(issuer) = issuer {
        return issuer.signed(certificate);
    }
    if certificate.issuer().as_raw() != certificate.subject().as_raw() {
        return Ok(());
    }
    signature::verify(
        WHAT,
        certificate.public_key(),
        &certificate.signature_algorithm,
        certificate.tbs_certificate.as_ref(),
        &certificate.signature_value.data,
    )
}
