// SPDX-License-Identifier: Apache-2.0
//! A certificate signing request (PKCS #10, RFC 2986): a key, its subject, and the proof that the
//! one who asks holds the key. Extensions that it asks for are not taken over, as on AWS IoT.

use rcgen::string::PrintableString;
use rcgen::{DistinguishedName, DnType, DnValue, SubjectPublicKeyInfo};
use x509_parser::asn1_rs::{Oid, oid};
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer;
use x509_parser::x509::X509Name;

use super::{Refused, key_quality, names, pem, signature};

/// Most characters of a signing request's PEM text, as on AWS IoT.
pub const REQUEST_CHARACTERS_MAX: usize = 4_096;

const WHAT: &str = "CERTIFICATE REQUEST";

/// country, serialNumber, dnQualifier.
const PRINTABLE: [Oid<'static>; 3] = [oid!(2.5.4.6), oid!(2.5.4.5), oid!(2.5.4.46)];

/// A signing request that passed.
pub struct SigningRequest {
    /// The key to certify.
    pub key: SubjectPublicKeyInfo,
    /// Whom to certify it for; may be empty.
    pub subject: DistinguishedName,
}

/// Reads and checks a signing request.
pub fn signing_request(text: &str) -> Result<SigningRequest, Refused> {
    let labels = [WHAT, "NEW CERTIFICATE REQUEST"];
    let der = pem::one(text, &labels, REQUEST_CHARACTERS_MAX)?;
    let (rest, request) = X509CertificationRequest::from_der(&der)
        .map_err(|_| Refused::because("the certificate signing request can't be read"))?;
    if !rest.is_empty() {
        return Err(Refused::because(
            "there are bytes behind the certificate signing request",
        ));
    }
    let info = &request.certification_request_info;
    key_quality::check(&info.subject_pki)?;
    names::check("subject of the signing request", &info.subject)?;
    signature::verify(
        "signing request",
        &info.subject_pki,
        &request.signature_algorithm,
        info.raw,
        &request.signature_value.data,
    )?;
    let key = SubjectPublicKeyInfo::from_der(info.subject_pki.raw)
        .map_err(|_| Refused::because("the public key of the signing request can't be read"))?;
    Ok(SigningRequest {
        key,
        subject: subject(&info.subject)?,
    })
}

/// The subject, to be written into the certificate. Each attribute stands once in what is made
/// here, so a second one is refused rather than lost.
fn subject(name: &X509Name<'_>) -> Result<DistinguishedName, Refused> {
    let mut subject = DistinguishedName::new();
    for attribute in name.iter_attributes() {
        let oid = attribute.attr_type();
        let numbers: Option<Vec<u64>> = oid.iter().map(Iterator::collect);
        let kind = DnType::from_oid(&numbers.unwrap_or_default());
        let value = attribute.as_str().map_err(|_| {
            Refused::because("the subject of the signing request has a value that is not text")
        })?;
        if subject.get(&kind).is_some() {
            return Err(Refused::because(format!(
                "the subject of the signing request has the attribute {} twice",
                oid.to_id_string()
            )));
        }
        let value = match PrintableString::try_from(value) {
            // RFC 5280 appendix A wants these printable, the rest may be UTF-8.
            Ok(printable) if PRINTABLE.contains(oid) => DnValue::PrintableString(printable),
            _ => DnValue::Utf8String(value.to_owned()),
        };
        subject.push(kind, value);
    }
    Ok(subject)
}
