// SPDX-License-Identifier: Apache-2.0
//! What a certificate says, as AWS IoT policy variables name it (developer guide,
//! `cert-policy-variables`).

use hw_kernel::admission::CertificateFacts;
use hw_model::Timestamp;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::x509::X509Name;

use crate::IdentityError;

/// A parsed certificate: policy variables and validity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// For policy variables.
    pub facts: CertificateFacts,
    /// From when it is valid.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
}

/// Attribute types of a distinguished name that policy variables know: OID and name.
const ATTRIBUTES: &[(&str, &str)] = &[
    ("2.5.4.46", "DistinguishedNameQualifier"),
    ("2.5.4.6", "Country"),
    ("2.5.4.10", "Organization"),
    ("2.5.4.11", "OrganizationalUnit"),
    ("2.5.4.8", "State"),
    ("2.5.4.3", "CommonName"),
    ("2.5.4.5", "SerialNumber"),
    ("2.5.4.12", "Title"),
    ("2.5.4.4", "Surname"),
    ("2.5.4.42", "GivenName"),
    ("2.5.4.43", "Initials"),
    ("2.5.4.65", "Pseudonym"),
    ("2.5.4.44", "GenerationQualifier"),
];

/// Reads a certificate's DER.
pub fn parse(der: &[u8]) -> Result<Parsed, IdentityError> {
    let (rest, certificate) = x509_parser::parse_x509_certificate(der)
        .map_err(|_| IdentityError::Invalid("this is not an X.509 certificate".into()))?;
    if !rest.is_empty() {
        return Err(IdentityError::Invalid(
            "there are bytes behind the certificate".into(),
        ));
    }
    let time = |time: x509_parser::time::ASN1Time| Timestamp(time.timestamp() * 1_000_000);
    let validity = certificate.validity();
    Ok(Parsed {
        facts: facts(&certificate),
        not_before: time(validity.not_before),
        not_after: time(validity.not_after),
    })
}

fn facts(certificate: &X509Certificate<'_>) -> CertificateFacts {
    let mut fields = Vec::new();
    names("Subject", certificate.subject(), &mut fields);
    names("Issuer", certificate.issuer(), &mut fields);
    if let Ok(Some(names)) = certificate.subject_alternative_name() {
        alternative("Subject", &names.value.general_names, &mut fields);
    }
    for extension in certificate.extensions() {
        use x509_parser::extensions::ParsedExtension::IssuerAlternativeName;
        if let IssuerAlternativeName(names) = extension.parsed_extension() {
            alternative("Issuer", &names.general_names, &mut fields);
        }
    }
    let serial_number = certificate.serial.to_string();
    CertificateFacts {
        serial_number,
        fields,
    }
}

type Fields = Vec<(String, Vec<String>)>;

fn add(fields: &mut Fields, name: String, value: String) {
    match fields.iter_mut().find(|(known, _)| *known == name) {
        Some((_, values)) => values.push(value),
        None => fields.push((name, vec![value])),
    }
}

fn names(side: &str, name: &X509Name<'_>, fields: &mut Fields) {
    for attribute in name.iter_attributes() {
        let oid = attribute.attr_type().to_id_string();
        let known = ATTRIBUTES.iter().find(|(known, _)| *known == oid);
        if let (Some((_, known)), Ok(value)) = (known, attribute.as_str()) {
            add(fields, format!("{side}.{known}"), value.to_owned());
        }
    }
}

fn alternative(side: &str, names: &[GeneralName<'_>], fields: &mut Fields) {
    for name in names {
        let (kind, value) = match name {
            GeneralName::RFC822Name(name) => ("RFC822Name", (*name).to_owned()),
            GeneralName::DNSName(name) => ("DNSName", (*name).to_owned()),
            GeneralName::DirectoryName(name) => ("DirectoryName", name.to_string()),
            GeneralName::URI(uri) => ("UniformResourceIdentifier", (*uri).to_owned()),
            GeneralName::IPAddress(bytes) => match address(bytes) {
                Some(address) => ("IPAddress", address),
                None => continue,
            },
            _ => continue,
        };
        add(fields, format!("{side}.AlternativeName.{kind}"), value);
    }
}

fn address(bytes: &[u8]) -> Option<String> {
    let v4 = <[u8; 4]>::try_from(bytes).map(|ip| std::net::IpAddr::from(ip).to_string());
    let v6 = || <[u8; 16]>::try_from(bytes).map(|ip| std::net::IpAddr::from(ip).to_string());
    v4.or_else(|_| v6()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, DnType, KeyPair};

    #[test]
    fn subject_issuer_and_alternative_names() {
        let mut params =
            CertificateParams::new(vec!["a.example".into(), "10.0.0.1".into()]).expect("names");
        params.distinguished_name.push(DnType::CommonName, "meter");
        params
            .distinguished_name
            .push(DnType::OrganizationName, "works");
        let key = KeyPair::generate().expect("a key");
        let der = params.self_signed(&key).expect("signed").der().to_vec();
        let parsed = parse(&der).expect("parsed");
        let get = |name: &str| {
            let field = parsed.facts.fields.iter().find(|(known, _)| known == name);
            field.map(|(_, values)| values.join(","))
        };
        assert_eq!(get("Subject.CommonName").as_deref(), Some("meter"));
        assert_eq!(get("Issuer.Organization").as_deref(), Some("works"));
        assert_eq!(
            get("Subject.AlternativeName.DNSName").as_deref(),
            Some("a.example")
        );
        assert_eq!(
            get("Subject.AlternativeName.IPAddress").as_deref(),
            Some("10.0.0.1")
        );
        assert!(parsed.not_before < parsed.not_after);
        assert!(
            parse(&der[..der.len() - 1]).is_err() && parse(&[&der[..], &[0]].concat()).is_err()
        );
    }
}
