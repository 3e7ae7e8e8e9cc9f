// SPDX-License-Identifier: Apache-2.0
//! The certificate authority of this folder: signs devices' certificates and the server's own.

use std::sync::Arc;

use hw_kernel::Clock;
use hw_kernel::port::catalog::Statement;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData, SerialNumber,
};
use time::{Duration, OffsetDateTime};

use crate::{Identity, IdentityError};

/// When the CA begins to be valid. It is made once, perhaps while the clock is wrong: by that clock
/// it would be good for nothing once the clock is right.
const VALID_FROM: OffsetDateTime = time::macros::datetime!(2026-01-01 0:00 UTC);
/// How long the CA is valid.
const CA_DAYS: i64 = 365 * 20;

/// The CA, ready to sign.
#[derive(Clone)]
pub struct Authority {
    pub(crate) issuer: Arc<Issuer<'static, KeyPair>>,
    /// Its certificate, PEM: what devices trust.
    pub certificate_pem: String,
    clock: Arc<dyn Clock>,
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
        params.not_before = now(&*self.clock) - Duration::hours(1);
        params.not_after = time::macros::datetime!(2049-12-31 23:59:59 UTC);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        Ok(params.signed_by(key, &*self.issuer)?)
    }
}

/// The wall clock, to the second; its beginning if it stands beyond what a certificate can say.
fn now(clock: &dyn Clock) -> OffsetDateTime {
    let seconds = clock.now().0.div_euclid(1_000_000);
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

impl Identity {
    /// The folder's CA; made on the first start.
    pub async fn authority(&self) -> Result<Authority, IdentityError> {
        if let Some((certificate_pem, key)) = self.server_secret("ca").await? {
            let key = KeyPair::try_from(key.as_slice())?;
            let issuer = Issuer::from_ca_cert_pem(&certificate_pem, key)?;
            return Ok(Authority {
                issuer: Arc::new(issuer),
                certificate_pem,
                clock: self.clock.clone(),
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
        params.not_after = now(&*self.clock).max(VALID_FROM) + Duration::days(CA_DAYS);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate_pem = params.self_signed(&key)?.pem();
        self.keep_server_secret("ca", &certificate_pem, &key.serialize_der())
            .await?;
        Ok(Authority {
            issuer: Arc::new(Issuer::new(params, key)),
            certificate_pem,
            clock: self.clock.clone(),
        })
    }

    pub(crate) async fn server_secret(
        &self,
        name: &str,
    ) -> Result<Option<(String, Vec<u8>)>, IdentityError> {
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

    pub(crate) async fn keep_server_secret(
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

/// 159 random bits: of one key's several certificates, too, no two have the same number.
fn random_serial() -> Result<SerialNumber, IdentityError> {
    let mut bytes = [0; 20];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_| IdentityError::Crypto("no random bytes".into()))?;
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Ok(SerialNumber::from_slice(&bytes))
}
