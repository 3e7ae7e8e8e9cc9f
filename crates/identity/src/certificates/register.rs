// SPDX-License-Identifier: Apache-2.0
//! Certificates that somebody else made (RegisterCertificate, RegisterCertificateWithoutCA).

use hw_model::AccountId;

use super::{Certificate, Entry};
use crate::authority::Authority;
use crate::x509;
use crate::{Identity, IdentityError};

/// With which status a certificate may be registered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RegisterStatus {
    /// It may connect at once.
    Active,
    /// It may connect once it is made active.
    #[default]
    Inactive,
    /// It may never connect.
    Revoked,
}

impl RegisterStatus {
    /// As AWS IoT spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            RegisterStatus::Active => "ACTIVE",
            RegisterStatus::Inactive => "INACTIVE",
            RegisterStatus::Revoked => "REVOKED",
        }
    }

    /// From AWS IoT's spelling; those that are only used inside are refused.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Inactive, Self::Revoked]
            .into_iter()
            .find(|one| one.as_str() == text)
    }
}

/// Who vouches for a certificate that is registered.
#[derive(Clone, Copy)]
pub enum Registration<'a> {
    /// The CA whose certificate this is.
    Ca(&'a str),
    /// The folder's own CA.
    OwnCa(&'a Authority),
    /// Nobody: the certificate itself is trusted.
    WithoutCa,
}

impl Identity {
    /// Registers a certificate that was made elsewhere.
    pub async fn register_certificate(
        &self,
        account: AccountId,
        pem: &str,
        by: Registration<'_>,
        status: RegisterStatus,
    ) -> Result<Certificate, IdentityError> {
        let bad = |refused: x509::Refused| IdentityError::BadCertificate(refused.to_string());
        let now = self.clock.now();
        let issuer = match by {
            Registration::Ca(ca) => Some(x509::issuer(ca, now).map_err(bad)?),
            Registration::OwnCa(own) => Some(x509::issuer(&own.certificate_pem, now).map_err(bad)?),
            Registration::WithoutCa => None,
        };
        let certificate = x509::device_certificate(pem, issuer.as_ref(), now).map_err(bad)?;
        let entry = Entry {
            status: status.as_str(),
            mode: if issuer.is_some() {
                "DEFAULT"
            } else {
                "SNI_ONLY"
            },
            ca: issuer.map(|issuer| issuer.id),
        };
        self.enter(account, &certificate.der, entry).await
    }
}
