// SPDX-License-Identifier: Apache-2.0
//! The certificate authority of this folder: signs the server's own certificate and devices'.

use hw_kernel::port::catalog::Statement;
use hw_model::Secret;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData, SerialNumber,
};
use time::{Duration, OffsetDateTime};

use crate::{Identity, IdentityError};

/// How long a server certificate is valid: what browsers and phones accept at most.
const SERVER_CERTIFICATE_DAYS: i64 = 397;
/// A server certificate is made anew when less than this is left.
const SERVER_CERTIFICATE_RENEW_DAYS: i64 = 60;
/// When the CA begins to be valid. It is made once, perhaps while the clock is wrong: by that clock
/// it would be good for nothing once the clock is right.
const VALID_FROM: OffsetDateTime = time::macros::datetime!(2026-01-01 0:00 UTC);
/// How long the CA is valid.
const CA_DAYS: i64 = 365 * 20;

/// The CA, ready to sign.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its certificate, PEM: what devices trust.
    pub certificate_pem: String,
}

/// A certificate of the server with its key.
pub struct ServerCertificate {
    /// PEM, CA behind it.
    pub chain_pem: String,
    /// PKCS #8 DER.
    pub private_key_der: Secret<Vec<u8>>,
}

impl Authority {
    /// Signs a device certificate as AWS IoT makes them: valid to the end of 2049. An empty
    /// subject becomes AWS IoT's own.
    pub fn sign_device(
        &self,
        key: &impl PublicKeyData,
        subject: DistinguishedName,
    ) -> Result<rcgen::Certificate, IdentityError> {
        let mut params = CertificateParams::default();
        params.serial_number = Some(random_serial()?);
        params.distinguished_name = subject;
        if params.distinguished_name.iter().next().is_none() {
            let name = "AWS IoT Certificate";
            params.distinguished_name.push(DnType::CommonName, name);
        }
        params.not_before = OffsetDateTime::now_utc() - Duration::hours(1);
        params.not_after = time::macros::datetime!(2049-12-31 23:59:59 UTC);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        Ok(params.signed_by(key, &self.issuer)?)
    }

    fn sign_server(&self, names: &[String]) -> Result<(String, Vec<u8>), IdentityError> {
        let mut params = CertificateParams::new(names.to_vec())?;
        params.distinguished_name = rcgen::DistinguishedName::new();
        let name = names.first().map_or("localhost", String::as_str);
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = OffsetDateTime::now_utc() - Duration::hours(1);
        params.not_after = OffsetDateTime::now_utc() + Duration::days(SERVER_CERTIFICATE_DAYS);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        let chain = certificate.pem() + &self.certificate_pem;
        Ok((chain, key.serialize_der()))
    }
}

impl Identity {
    /// The folder's CA; made on the first start.
    pub async fn authority(&self) -> Result<Authority, IdentityError> {
        if let Some((certificate_pem, key)) = self.server_secret("ca").await? {
            let key = KeyPair::try_from(key.as_slice())?;
            let issuer = Issuer::from_ca_cert_pem(&certificate_pem, key)?;
            return Ok(Authority {
                issuer,
                certificate_pem,
            });
        }
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::OrganizationName, "Headwater");
        params
            .distinguished_name
            .push(DnType::CommonName, "Headwater CA");
        params.not_before = VALID_FROM;
        params.not_after = OffsetDateTime::now_utc().max(VALID_FROM) + Duration::days(CA_DAYS);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate_pem = params.self_signed(&key)?.pem();
        self.keep_server_secret("ca", &certificate_pem, &key.serialize_der())
            .await?;
        Ok(Authority {
            issuer: Issuer::new(params, key),
            certificate_pem,
        })
    }

    /// The server's certificate for these names (first is the subject); made anew when the names
    /// have changed or it is about to expire.
    pub async fn server_certificate(
        &self,
        authority: &Authority,
        names: &[String],
    ) -> Result<ServerCertificate, IdentityError> {
        if let Some((chain_pem, private_key_der)) = self.server_secret("server").await?
            && is_fresh(&chain_pem, &authority.certificate_pem, names)
        {
            return Ok(ServerCertificate {
                chain_pem,
                private_key_der: Secret::new(private_key_der),
            });
        }
        let (chain_pem, private_key_der) = authority.sign_server(names)?;
        self.keep_server_secret("server", &chain_pem, &private_key_der)
            .await?;
        Ok(ServerCertificate {
            chain_pem,
            private_key_der: Secret::new(private_key_der),
        })
    }

    async fn server_secret(&self, name: &str) -> Result<Option<(String, Vec<u8>)>, IdentityError> {
        let sql = "SELECT certificate_pem, private_key_sealed FROM server_secrets WHERE name = $1";
        let rows = self.catalog.read(sql, vec![name.into()]).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        Ok(Some((
            row.text(0)?.to_owned(),
            self.master_key.open(name, row.bytes(1)?)?,
        )))
    }

    async fn keep_server_secret(
        &self,
        name: &str,
        certificate_pem: &str,
        key: &[u8],
    ) -> Result<(), IdentityError> {
        let sql = "INSERT INTO server_secrets \
                   (name, certificate_pem, private_key_sealed, created_us) \
                   VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO UPDATE SET \
                   certificate_pem = excluded.certificate_pem, \
                   private_key_sealed = excluded.private_key_sealed, \
                   created_us = excluded.created_us";
        let sealed = self.master_key.seal(name, key)?;
        let now = self.clock.now();
        let args = vec![
            name.into(),
            certificate_pem.into(),
            sealed.into(),
            now.into(),
        ];
        self.catalog.write(vec![Statement::new(sql, args)]).await?;
        Ok(())
    }
}

/// Whether a chain still serves: signed by this CA, for exactly these names, for a while yet.
/// 159 random bits: of one key's several certificates, too, no two have the same number.
fn random_serial() -> Result<SerialNumber, IdentityError> {
    let mut bytes = [0; 20];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_| IdentityError::Crypto("no random bytes".into()))?;
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Ok(SerialNumber::from_slice(&bytes))
}

fn is_fresh(chain_pem: &str, ca_pem: &str, names: &[String]) -> bool {
    let Ok((_, pem)) = x509_parser::pem::parse_x509_pem(chain_pem.as_bytes()) else {
        return false;
    };
    let Ok(certificate) = pem.parse_x509() else {
        return false;
    };
    let (validity, now) = (certificate.validity(), OffsetDateTime::now_utc());
    let left = validity.not_after.to_datetime() - now;
    let mut found: Vec<String> = match certificate.subject_alternative_name() {
        Ok(Some(extension)) => extension
            .value
            .general_names
            .iter()
            .filter_map(name_text)
            .collect(),
        _ => Vec::new(),
    };
    let mut wanted = names.to_vec();
    found.sort();
    wanted.sort();
    found == wanted
        // It was made while the clock was ahead, and nobody would take it now.
        && validity.not_before.to_datetime() <= now
        && left > Duration::days(SERVER_CERTIFICATE_RENEW_DAYS)
        && chain_pem.ends_with(ca_pem)
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
