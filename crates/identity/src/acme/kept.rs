// SPDX-License-Identifier: Apache-2.0
//! What is kept between orders: the account at the ACME server and the certificate, each sealed, and
//! each under the directory's URL, so that another directory begins afresh.

use instant_acme::AccountCredentials;

use super::{AcmeError, AcmeSettings};
use crate::server_certificate::ServerCertificate;
use crate::{Identity, IdentityError};

fn account_name(settings: &AcmeSettings) -> String {
    format!("acme-account {}", settings.directory_url)
}

fn certificate_name(settings: &AcmeSettings) -> String {
    format!("acme {}", settings.directory_url)
}

impl Identity {
    /// The account at the ACME server, if there is one.
    pub(super) async fn acme_account(
        &self,
        settings: &AcmeSettings,
    ) -> Result<Option<AccountCredentials>, IdentityError> {
        let kept = self.server_secret(&account_name(settings)).await?;
        // One that can't be read is as good as none: another is made.
        Ok(kept.and_then(|(_, json)| serde_json::from_slice(&json).ok()))
    }

    pub(super) async fn keep_acme_account(
        &self,
        settings: &AcmeSettings,
        account: &AccountCredentials,
    ) -> Result<(), AcmeError> {
        let json = serde_json::to_vec(account);
        let json = json.map_err(|error| AcmeError::Unusable(error.to_string()))?;
        let name = account_name(settings);
        Ok(self.keep_server_secret(&name, "", &json).await?)
    }

    pub(super) async fn forget_acme_account(
        &self,
        settings: &AcmeSettings,
    ) -> Result<(), IdentityError> {
        let name = account_name(settings);
        self.keep_server_secret(&name, "", b"{}").await
    }

    /// The certificate that was got last, whatever it is for; one that is over is none.
    pub(super) async fn acme_certificate(
        &self,
        settings: &AcmeSettings,
    ) -> Result<Option<ServerCertificate>, IdentityError> {
        let kept = self.server_secret(&certificate_name(settings)).await?;
        let read = kept.and_then(|(chain, key)| ServerCertificate::new(chain, key).ok());
        Ok(read.filter(|read| self.clock.now() < read.not_after))
    }

    pub(super) async fn keep_acme_certificate(
        &self,
        settings: &AcmeSettings,
        certificate: &ServerCertificate,
    ) -> Result<(), IdentityError> {
        let name = certificate_name(settings);
        let key = certificate.private_key_der.expose();
        self.keep_server_secret(&name, &certificate.chain_pem, key)
            .await
    }
}
