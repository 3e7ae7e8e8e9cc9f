// SPDX-License-Identifier: Apache-2.0
//! The server's own certificate, signed by the folder's CA.

use hw_model::{Secret, Timestamp};
use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256,
};
use time::{Duration, OffsetDateTime};

use crate::authority::Authority;
use crate::host_names::{canonical, covers};
use crate::{Identity, IdentityError};

/// How long it is valid: what browsers and phones accept at most.
const DAYS: i64 = 397;
/// It is made anew when less than this is left.
pub const RENEW_DAYS: i64 = 30;
/// Most names that are kept beside those that are wanted: whoever still uses a former address or
/// name of the server must not be turned away for no reason.
pub const FORMER_NAMES_MAX: usize = 24;

/// A certificate of the server with its key.
pub struct ServerCertificate {
    /// PEM, its issuers behind it.
    pub chain_pem: String,
    /// DER of one of the forms that TLS reads; PKCS #8 if it was made here.
    pub private_key_der: Secret<Vec<u8>>,
    /// When it begins to be valid.
    pub not_before: Timestamp,
    /// When it ends.
    pub not_after: Timestamp,
}

impl ServerCertificate {
    /// Of a chain in PEM, its own certificate first, and that one's key in DER.
    pub fn new(chain_pem: String, private_key_der: Vec<u8>) -> Result<Self, IdentityError> {
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

    /// Whether it names them all.
    pub fn covers(&self, names: &[String]) -> bool {
        let named = names_in(&self.chain_pem);
        names.iter().all(|name| covers(&named, name))
    }

    /// DNS names and addresses that it is for, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names = names_in(&self.chain_pem);
        names.sort();
        names
    }

    fn is_for(&self, authority: &Authority, names: &[String]) -> bool {
        self.chain_pem.ends_with(&authority.certificate_pem) && self.covers(names)
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
    /// The server's certificate for these names (first is the subject); made anew when one is
    /// missing in it or it ends soon. One that is made anew keeps former names, up to
    /// [`FORMER_NAMES_MAX`], the newest first.
    pub async fn server_certificate(
        &self,
        authority: &Authority,
        names: &[String],
    ) -> Result<ServerCertificate, IdentityError> {
        let now = self.clock.now();
        let mut former = Vec::new();
        if let Some((chain_pem, key)) = self.server_secret("server").await?
            && let Ok(kept) = ServerCertificate::new(chain_pem, key)
        {
            if kept.serves(now) && kept.is_for(authority, names) {
                return Ok(kept);
            }
            former = names_in(&kept.chain_pem);
        }
        let (chain_pem, key) = authority.sign_server(&with_former(names, former), now)?;
        self.keep_server_secret("server", &chain_pem, &key).await?;
        ServerCertificate::new(chain_pem, key)
    }
}

/// The wanted names, each once, and behind them those former ones that there is room for.
fn with_former(wanted: &[String], former: Vec<String>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in wanted.iter().map(|name| canonical(name)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let more = former.into_iter().map(|name| canonical(&name));
    let more: Vec<String> = more.filter(|name| !names.contains(name)).collect();
    names.extend(more.into_iter().take(FORMER_NAMES_MAX));
    names
}

/// The names that the first certificate of a chain is for, as they stand there; none if it can't be
/// read.
pub(crate) fn names_in(chain_pem: &str) -> Vec<String> {
    let Ok((_, pem)) = x509_parser::pem::parse_x509_pem(chain_pem.as_bytes()) else {
        return Vec::new();
    };
    let Ok(certificate) = pem.parse_x509() else {
        return Vec::new();
    };
    match certificate.subject_alternative_name() {
        Ok(Some(extension)) => {
            let names = extension.value.general_names.iter();
            names.filter_map(name_text).collect()
        }
        _ => Vec::new(),
    }
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
