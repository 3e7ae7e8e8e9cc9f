// SPDX-License-Identifier: Apache-2.0
//! One order: an account, the proof of each name, and the certificate.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hw_model::Timestamp;
use instant_acme::{
    Account, AuthorizationStatus, ChallengeType, Error, ExternalAccountKey, Identifier, NewAccount,
    NewOrder, Order, OrderStatus, RetryPolicy,
};
use rcgen::{
    CertificateParams, CustomExtension, DistinguishedName, KeyPair, PKCS_ECDSA_P256_SHA256,
};
use time::{Duration, OffsetDateTime};

use super::asking::Asking;
use super::{AcmeError, AcmeSettings, Challenges, ORDER_SPAN_MAX};
use crate::Identity;
use crate::outbound::Outbound;
use crate::server_certificate::ServerCertificate;

/// What a refusal says when the ACME server does not know the account any more.
const NO_ACCOUNT: &str = "urn:ietf:params:acme:error:accountDoesNotExist";

/// Everything that an order needs.
pub(super) struct Ordering<'a> {
    pub identity: &'a Identity,
    pub settings: &'a AcmeSettings,
    pub outbound: &'a Outbound,
    pub challenges: &'a dyn Challenges,
}

impl Ordering<'_> {
    /// A new certificate, kept before it is given.
    pub async fn certificate(&self) -> Result<ServerCertificate, AcmeError> {
        let account = self.account().await?;
        let made = self.ordered(&account).await;
        self.challenges.end();
        if let Err(AcmeError::Server(Error::Api(problem))) = &made
            && problem.r#type.as_deref() == Some(NO_ACCOUNT)
        {
            self.identity.forget_acme_account(self.settings).await?;
        }
        let made = made?;
        let kept = self.identity.keep_acme_certificate(self.settings, &made);
        kept.await?;
        Ok(made)
    }

    async fn account(&self) -> Result<Account, AcmeError> {
        let asking = || Account::builder_with_http(Box::new(Asking(self.outbound.clone())));
        if let Some(kept) = self.identity.acme_account(self.settings).await? {
            return Ok(asking().from_credentials(kept).await?);
        }
        let contact: Vec<&str> = self.settings.contact.iter().map(String::as_str).collect();
        let wanted = NewAccount {
            contact: &contact,
            // Whoever names the directory in the settings does: docs/certificates.md says so.
            terms_of_service_agreed: true,
            only_return_existing: false,
        };
        let external = match &self.settings.eab {
            Some((id, key)) => {
                let key = BASE64_URL_SAFE_NO_PAD.decode(key.expose().trim_end_matches('='));
                let key = key.map_err(|_| AcmeError::ExternalKey)?;
                Some(ExternalAccountKey::new(id.clone(), &key))
            }
            None => None,
        };
        let url = self.settings.directory_url.clone();
        let (account, credentials) = asking().create(&wanted, url, external.as_ref()).await?;
        let kept = self.identity.keep_acme_account(self.settings, &credentials);
        kept.await?;
        Ok(account)
    }

    async fn ordered(&self, account: &Account) -> Result<ServerCertificate, AcmeError> {
        let names = self.settings.names.iter();
        let names: Vec<Identifier> = names.map(|name| Identifier::Dns(name.clone())).collect();
        let mut order = account.new_order(&NewOrder::new(&names)).await?;
        self.prove(&mut order).await?;
        let retries = RetryPolicy::default().timeout(ORDER_SPAN_MAX);
        match order.poll_ready(&retries).await {
            Ok(OrderStatus::Ready) => {}
            // Which name it was, and why, stands with the names.
            Ok(_) | Err(Error::Api(_)) => return Err(refusal(&mut order).await),
            Err(error) => return Err(error.into()),
        }
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::new(self.settings.names.clone())?;
        params.distinguished_name = DistinguishedName::new();
        let request = params.serialize_request(&key)?;
        order.finalize_csr(request.der()).await?;
        let chain = order.poll_certificate(&retries).await?;
        Ok(ServerCertificate::new(chain, key.serialize_der())?)
    }

    /// Answers the challenge of each name that is not proved yet.
    async fn prove(&self, order: &mut Order) -> Result<(), AcmeError> {
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            let name = authorization.identifier().to_string();
            let not_proved = |why: &str| AcmeError::NotProved {
                name: name.clone(),
                why: why.to_owned(),
            };
            match authorization.status {
                AuthorizationStatus::Valid => continue,
                AuthorizationStatus::Pending => {}
                _ => return Err(not_proved("the ACME server has given it up")),
            }
            let challenge = authorization.challenge(ChallengeType::TlsAlpn01);
            let mut challenge =
                challenge.ok_or_else(|| not_proved("the ACME server offers no tls-alpn-01"))?;
            let answer = challenge.key_authorization();
            let digest = answer.digest();
            let (certificate, key) = proof(&name, digest.as_ref(), self.identity.clock.now())?;
            self.challenges
                .answer(&name, &certificate, &key)
                .map_err(AcmeError::Unusable)?;
            challenge.set_ready().await?;
        }
        Ok(())
    }
}

/// The certificate of RFC 8737, section 3, and its key: DER both.
fn proof(name: &str, digest: &[u8], now: Timestamp) -> Result<(Vec<u8>, Vec<u8>), AcmeError> {
    let now = OffsetDateTime::from_unix_timestamp(now.0.div_euclid(1_000_000))
        .map_err(|_| AcmeError::Unusable("the clock is out of range".into()))?;
    let mut params = CertificateParams::new(vec![name.to_owned()])?;
    params.not_before = now - Duration::hours(1);
    params.not_after = now + Duration::days(1);
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let certificate = params.self_signed(&key)?;
    Ok((certificate.der().to_vec(), key.serialize_der()))
}

/// Why an order is not ready: the first name whose proof the ACME server does not take.
async fn refusal(order: &mut Order) -> AcmeError {
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        let Ok(state) = authorization.refresh().await else {
            continue;
        };
        let failed = state.challenges.iter().find_map(|it| it.error.as_ref());
        if let Some(problem) = failed {
            return AcmeError::NotProved {
                name: state.identifier().to_string(),
                why: problem.to_string(),
            };
        }
    }
    AcmeError::Unusable("the ACME server has given the order up, and says not why".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use x509_parser::prelude::{FromDer, X509Certificate};

    #[test]
    fn a_proof_has_the_name_and_the_critical_digest() {
        let (certificate, _) =
            proof("a.example", &[7; 32], Timestamp(1_795_521_600_000_000)).expect("made");
        let (_, read) = X509Certificate::from_der(&certificate).expect("DER");
        // RFC 8737: id-pe-acmeIdentifier, an OCTET STRING of the digest.
        let found = read.extensions().iter().find(|extension| {
            extension.oid.to_id_string() == "1.3.6.1.5.5.7.1.31" && extension.critical
        });
        let value = found.expect("it is there").value;
        assert_eq!(value, [&[0x04, 0x20][..], &[7; 32]].concat());
        let names = read.subject_alternative_name().expect("read").expect("one");
        assert_eq!(names.value.general_names.len(), 1);
    }
}
