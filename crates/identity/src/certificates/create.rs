// SPDX-License-Identifier: Apache-2.0
//! Certificates that are made here: with a key pair, or for the key of a signing request.

use hw_model::AccountId;
use rcgen::DistinguishedName;
use zeroize::Zeroizing;

use super::{Certificate, Entry};
use crate::authority::Authority;
use crate::device_key::DeviceKey;
use crate::x509;
use crate::{Identity, IdentityError};

/// A certificate made here, with the keys that are never stored.
pub struct CreatedCertificate {
    /// The certificate.
    pub certificate: Certificate,
    /// PKCS #1 PEM.
    pub private_key_pem: Zeroizing<String>,
    /// SPKI PEM.
    pub public_key_pem: String,
}

pub(super) fn made(active: bool) -> Entry<'static> {
    Entry {
        status: if active { "ACTIVE" } else { "INACTIVE" },
        mode: "DEFAULT",
        ca: None,
    }
}

impl Identity {
    /// Makes a key pair and a certificate for it (CreateKeysAndCertificate).
    pub async fn create_keys_and_certificate(
        &self,
        account: AccountId,
        authority: &Authority,
        active: bool,
    ) -> Result<CreatedCertificate, IdentityError> {
        let DeviceKey {
            public,
            private_pem,
            public_pem,
        } = self.keys.take().await?;
        let signed = authority.sign_device(&public, DistinguishedName::new())?;
        let certificate = self.enter(account, signed.der(), made(active)).await?;
        Ok(CreatedCertificate {
            certificate,
            private_key_pem: private_pem,
            public_key_pem: public_pem,
        })
    }

    /// Makes a certificate for the key of a signing request (CreateCertificateFromCsr). The same
    /// request again gives another certificate.
    pub async fn create_certificate_from_request(
        &self,
        account: AccountId,
        authority: &Authority,
        request_pem: &str,
        active: bool,
    ) -> Result<Certificate, IdentityError> {
        let request = x509::signing_request(request_pem)
            .map_err(|refused| IdentityError::Invalid(refused.to_string()))?;
        let signed = authority.sign_device(&request.key, request.subject)?;
        self.enter(account, signed.der(), made(active)).await
    }
}
