// SPDX-License-Identifier: Apache-2.0
//! `iot:Certificate.*`: a bare name is the first value, `.1` the second, `.List` all of them.
//!
//! Source: AWS IoT developer guide, `cert-policy-variables` (five values, 1024 characters).

use super::{Value, strip};
use crate::limits::{CERTIFICATE_VALUE_CHARACTERS_MAX, CERTIFICATE_VALUES_MAX};
use crate::unresolved::Cause;
use crate::{Certificate, Context};

/// Which of the values a name asks for.
enum Which {
    At(usize),
    All,
}

/// `name` is what stands behind `iot:Certificate.`.
pub(super) fn lookup<'a>(context: &'a Context, name: &str) -> Result<Value<'a>, Cause> {
    let certificate = context.certificate.as_ref().ok_or(Cause::NoCertificate)?;
    let (attribute, which) = split(name);
    if attribute.eq_ignore_ascii_case("AvailableKeys") {
        return available_keys(certificate);
    }
    if !exists(attribute) {
        return Err(Cause::NotAVariable);
    }
    let values = values_of(certificate, attribute).ok_or(Cause::NotInCertificate)?;
    match which {
        Which::At(index) => {
            let value = values.get(index).ok_or(Cause::NoSuchIndex)?;
            if fits(value) {
                Ok(Value::One(value))
            } else {
                Err(Cause::TooLong)
            }
        }
        Which::All => {
            let all: Vec<&str> = values
                .iter()
                .map(String::as_str)
                .filter(|v| fits(v))
                .collect();
            if all.is_empty() {
                Err(Cause::TooLong)
            } else {
                Ok(Value::Many(all))
            }
        }
    }
}

fn split(name: &str) -> (&str, Which) {
    match name.rsplit_once('.') {
        Some((attribute, "0")) => (attribute, Which::At(0)),
        Some((attribute, last)) if last.eq_ignore_ascii_case("List") => (attribute, Which::All),
        Some((attribute, last)) if !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit()) => {
            (attribute, Which::At(last.parse().unwrap_or(usize::MAX)))
        }
        _ => (name, Which::At(0)),
    }
}

/// The values that count, if there is one at least.
fn values_of<'a>(certificate: &'a Certificate, attribute: &str) -> Option<&'a [String]> {
    let all = match certificate.fields.get(attribute) {
        Some(values) => values,
        None => {
            let mut fields = certificate.fields.iter();
            fields
                .find(|(key, _)| key.eq_ignore_ascii_case(attribute))?
                .1
        }
    };
    let counted = &all[..all.len().min(CERTIFICATE_VALUES_MAX)];
    (!counted.is_empty()).then_some(counted)
}

fn fits(value: &str) -> bool {
    value
        .chars()
        .nth(CERTIFICATE_VALUE_CHARACTERS_MAX)
        .is_none()
}

/// The names of the attributes that the certificate has.
fn available_keys(certificate: &Certificate) -> Result<Value<'_>, Cause> {
    let keys: Vec<&str> = match values_of(certificate, "AvailableKeys") {
        Some(given) => given.iter().map(String::as_str).collect(),
        None => {
            let filled = certificate
                .fields
                .iter()
                .filter(|(_, values)| !values.is_empty());
            filled
                .map(|(key, _)| key.as_str())
                .filter(|key| exists(key))
                .collect()
        }
    };
    if keys.is_empty() {
        Err(Cause::NotInCertificate)
    } else {
        Ok(Value::Many(keys))
    }
}

/// Attributes of a distinguished name, behind `Subject.` or `Issuer.`.
const NAME_ATTRIBUTES: [&str; 18] = [
    "DistinguishedNameQualifier",
    "Country",
    "Organization",
    "OrganizationalUnit",
    "State",
    "CommonName",
    "SerialNumber",
    "Title",
    "Surname",
    "GivenName",
    "Initials",
    "Pseudonym",
    "GenerationQualifier",
    "AlternativeName.RFC822Name",
    "AlternativeName.DNSName",
    "AlternativeName.DirectoryName",
    "AlternativeName.UniformResourceIdentifier",
    "AlternativeName.IPAddress",
];

/// Whether AWS IoT has such an attribute.
fn exists(attribute: &str) -> bool {
    let of_name = strip(attribute, "Subject.").or_else(|| strip(attribute, "Issuer."));
    match of_name {
        Some(rest) => NAME_ATTRIBUTES
            .iter()
            .any(|known| known.eq_ignore_ascii_case(rest)),
        None => attribute.eq_ignore_ascii_case("SerialNumber"),
    }
}
