// SPDX-License-Identifier: Apache-2.0
//! The server's own certificate, signed by the folder's CA.

use hw_model::{Secret, Timestamp};
use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256,
};
use time::{Duration, OffsetDateTime};

use crate::authority::Authority;
use crate::{Identity, IdentityError};

/// How long it is valid: what browsers and phones accept at most.
const DAYS: i64 = 397;
/// It is made anew when less than this is left.
pub const RENEW_DAYS: i64 = 30;

/// A certificate of the server with its key.
pub struct ServerCertificate {
    /// PEM, CA behind it.
    pub chain_pem: String,
    /// PKCS #8 DER.
    pub private_key_der: Secret<Vec<u8>>,
    /// When it begins to be valid.
    pub not_before: Timestamp,
    /// When it ends.
    pub not_after: Timestamp,
}

impl ServerCertificate {
    fn new(chain_pem: String, private_key_der: Vec<u8>) -> Result<Self, IdentityError> {
        let unreadable =
            |_| IdentityError::Invalid("the server's certificate can't be read".into());
        let (_, pem) =
            x509_parser::pem::parse_x509_pem(chain_pem.as_bytes()).map_err(|_| unreadable(()))?;
        let facts = crate::certificate_facts::parse(&pem.contents)?;
        Ok(Self {
            chain_pem,
            private_key_der: Secret::new(private_key_der),
            not_before: facts.not_before,
            not_after: facts.not_after,
        })
    }

    /// Whether it is valid at `now`, and for a while yet. One that was made while the clock was
    /// ahead is not: nobody would take it.
    pub fn serves(&self, now: Timestamp) -> bool {
        let left = RENEW_DAYS * 86_400_000_000;
        self.not_before <= now && now.0.saturating_add(left) < self.not_after.0
    }

    fn is_for(&self, authority: &Authority, names: &[String]) -> bool {
        let mut wanted = names.to_vec();
        wanted.sort();
        self.chain_pem.ends_with(&authority.certificate_pem) && names_in(&self.chain_pem) == wanted
    }
}

impl Authority {
    fn sign_server(
        &self,
        names: &[String],
        now: Timestamp,
    ) -> Result<(String, Vec<u8>), IdentityError> {
        let now = OffsetDateTime::from_unix_timestamp(now.0.div_euclid(1_000_000))
            .map_err(|_| IdentityError::Invalid("the clock is out of range".into()))?;
        let mut params = CertificateParams::new(names.to_vec())?;
        params.distinguished_name = rcgen::DistinguishedName::new();
        let name = names.first().map_or("localhost", String::as_str);
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = now - Duration::hours(1);
        params.not_after = now + Duration::days(DAYS);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = params.signed_by(&key, &*self.issuer)?;
        let chain = certificate.pem() + &self.certificate_pem;
        Ok((chain, key.serialize_der()))
    }
}

impl Identity {
    /// The server's certificate for these names (first is the subject); made anew when the names
    /// have changed or it ends soon.
    pub async fn server_certificate(
        &self,
        authority: &Authority,
        names: &[String],
    ) -> Result<ServerCertificate, IdentityError> {
        let now = self.clock.now();
        if let Some((chain_pem, key)) = self.server_secret("server").await?
            && let Ok(kept) = ServerCertificate::new(chain_pem, key)
            && kept.serves(now)
            && kept.is_for(authority, names)
        {
            return Ok(kept);
        }
        let (chain_pem, key) = authority.sign_server(names, now)?;
        self.keep_server_secret("server", &chain_pem, &key).await?;
        ServerCertificate::new(chain_pem, key)
    }
}

/// The names that the first certificate of a chain is for, sorted; none if it can't be read.
pub(crate) fn names_in(chain_pem: &str) -> Vec<String> {
    let Ok((_, pem)) = x509_parser::pem::parse_x509_pem(chain_pem.as_bytes()) else {
        return Vec::new();
    };
    let Ok(certificate) = pem.parse_x509() else {
        return Vec::new();
    };
    let mut names: Vec<String> = match certificate.subject_alternative_name() {
        Ok(Some(extension)) => {
            let names = extension.value.general_names.iter();
            names.filter_map(name_text).collect()
        }
        _ => Vec::new(),
    };
    names.sort();
    names
}

fn name_text(name: &x509_parser::extensions::GeneralName<'_>) -> Option<String> {
    use std::net::{Ipv4Addr, Ipv6Addr};
    use x509_parser::extensions::GeneralName;
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(|ip| Ipv4Addr::from(ip).to_string());
            v4.or_else(|_| <[u8; 16]>::try_from(*bytes).map(|ip| Ipv6Addr::from(ip).to_string()))
                .ok()
        }
        _ => None,
    }
}
