// SPDX-License-Identifier: Apache-2.0
//! A certificate that is made for a thing: with its policy and attachment, all or nothing.

use hw_kernel::admission::{AdmissionChanges, Touched};
use hw_kernel::port::catalog::{CatalogError, Statement};
use hw_model::{AccountId, CertificateId};
use rcgen::{DistinguishedName, DnType, PublicKeyData};
use zeroize::Zeroizing;

use super::create::made;
use super::{Certificate, insertion};
use crate::authority::Authority;
use crate::{Identity, IdentityError, x509};

/// Longest common name of a certificate, in characters (RFC 5280, `ub-common-name`).
const COMMON_NAME_CHARS_MAX: usize = 64;

/// A key pair that is never stored.
pub struct KeyPems {
    /// PKCS #1, or RFC 5915 of P-256.
    pub private: Zeroizing<String>,
    /// SPKI.
    pub public: String,
}

/// What was made.
pub struct MadeForThing {
    /// ACTIVE, and attached to the thing alone.
    pub certificate: Certificate,
    /// Its keys; `None` if the device made its own.
    pub keys: Option<KeyPems>,
}

impl Identity {
    /// Makes a certificate for a thing, with a key pair or for the key of a signing request. Its
    /// common name is the thing's name, whatever a request says: policies that ask for it by HTTPS
    /// publish, where there is no client id, can rely on it. Names of more than 64 characters are
    /// no common name, and get the one of AWS IoT.
    ///
    /// # Errors
    /// `NotFound` (the thing, the policy), `Invalid` (the request), `Busy`.
    pub async fn create_certificate_for_thing(
        &self,
        account: AccountId,
        authority: &Authority,
        (thing, policy): (&str, &str),
        request_pem: Option<&str>,
    ) -> Result<MadeForThing, IdentityError> {
        let (signed, keys) = match request_pem {
            Some(pem) => {
                let refused = |why: x509::Refused| IdentityError::Invalid(why.to_string());
                let request = x509::signing_request(pem).map_err(refused)?;
                (sign(authority, &request.key, thing)?, None)
            }
            None => {
                let key = self.keys.take().await?;
                let keys = KeyPems {
                    private: key.private_pem,
                    public: key.public_pem,
                };
                (sign(authority, &key.public, thing)?, Some(keys))
            }
        };
        let certificate = self.entry_of(signed.der(), made(true))?;
        let id = certificate.id;
        let write = vec![
            insertion(account, &certificate),
            self.attach_to_new(account, policy, id),
            self.attach_new_to(account, thing, id),
        ];
        match self.catalog.write(write).await {
            Err(CatalogError::Conflict { .. }) => {
                self.policy(account, policy).await?;
                return Err(IdentityError::NotFound {
                    what: "thing",
                    name: thing.to_owned(),
                });
            }
            done => done?,
        };
        self.changes.touched(account, &Touched::Certificate(id));
        Ok(MadeForThing { certificate, keys })
    }

    fn attach_to_new(&self, account: AccountId, policy: &str, id: CertificateId) -> Statement {
        let sql = "INSERT INTO policy_targets \
                   (account, policy_name, target_kind, target, attached_us) \
                   SELECT $1, $2, 'cert', $3, $4 WHERE EXISTS \
                   (SELECT 1 FROM policies p WHERE p.account = $1 AND p.policy_name = $2)";
        let args = vec![
            account.into(),
            policy.into(),
            id.to_string().into(),
            self.clock.now().into(),
        ];
        Statement::new(sql, args).expecting(1)
    }

    fn attach_new_to(&self, account: AccountId, thing: &str, id: CertificateId) -> Statement {
        let sql = "INSERT INTO thing_principals \
                   (account, thing_name, certificate_id, attachment, attached_us) \
                   SELECT $1, $2, $3, 'EXCLUSIVE_THING', $4 WHERE EXISTS \
                   (SELECT 1 FROM things t WHERE t.account = $1 AND t.thing_name = $2)";
        let args = vec![
            account.into(),
            thing.into(),
            id.to_string().into(),
            self.clock.now().into(),
        ];
        Statement::new(sql, args).expecting(1)
    }
}

fn sign(
    authority: &Authority,
    key: &impl PublicKeyData,
    thing: &str,
) -> Result<rcgen::Certificate, IdentityError> {
    let mut subject = DistinguishedName::new();
    if thing.chars().count() <= COMMON_NAME_CHARS_MAX {
        subject.push(DnType::CommonName, thing);
    }
    authority.sign_device(key, subject)
}
