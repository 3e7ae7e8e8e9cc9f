// SPDX-License-Identifier: Apache-2.0
//! What a thing comes in with: certificates that are attached to it, and MQTT users that are it.

mod policy;
mod remove;

pub use policy::DEVICE_POLICY;
pub use remove::Removed;

use hw_kernel::port::catalog::Row;
use hw_model::{AccountId, CertificateId, Timestamp};

use crate::certificates::stored_id;
use crate::{Identity, IdentityError};

/// All that a thing comes in with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ThingPrincipals {
    /// By id.
    pub certificates: Vec<AttachedCertificate>,
    /// By name.
    pub mqtt_users: Vec<ThingUser>,
}

/// A certificate that is attached to a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachedCertificate {
    /// SHA-256 of its DER.
    pub id: CertificateId,
    /// Its status.
    pub status: String,
    /// Until when it is valid.
    pub not_after: Timestamp,
    /// Whether the attachment is EXCLUSIVE_THING.
    pub exclusive: bool,
    /// Its policies, by name.
    pub policies: Vec<String>,
}

/// An MQTT user that is a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThingUser {
    /// Its name.
    pub name: String,
    /// Its policies, by name.
    pub policies: Vec<String>,
}

/// A row for each certificate and policy; the policy is NULL of one that has none.
const CERTIFICATES: &str = "SELECT c.certificate_id, t.policy_name, c.status, c.not_after_us, \
    a.attachment FROM thing_principals a \
    JOIN certificates c ON c.account = a.account AND c.certificate_id = a.certificate_id \
    LEFT JOIN policy_targets t ON t.account = a.account AND t.target_kind = 'cert' \
    AND t.target = a.certificate_id \
    WHERE a.account = $1 AND a.thing_name = $2 ORDER BY 1, 2";

/// The same of users.
const USERS: &str = "SELECT u.user_name, t.policy_name FROM mqtt_users u \
    LEFT JOIN policy_targets t ON t.account = u.account AND t.target_kind = 'mqtt-user' \
    AND t.target = u.user_name \
    WHERE u.account = $1 AND u.thing_name = $2 ORDER BY 1, 2";

impl ThingPrincipals {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.certificates.is_empty() && self.mqtt_users.is_empty()
    }
}

impl Identity {
    /// What a thing comes in with; nothing of a thing that is not there.
    pub async fn principals_of_thing(
        &self,
        account: AccountId,
        thing: &str,
    ) -> Result<ThingPrincipals, IdentityError> {
        let mut found = ThingPrincipals::default();
        let args = || vec![account.into(), thing.into()];
        for row in &self.catalog.read(CERTIFICATES, args()).await? {
            let id = stored_id(row.text(0)?)?;
            if found.certificates.last().is_none_or(|last| last.id != id) {
                found.certificates.push(certificate(id, row)?);
            }
            if let (Some(last), Some(policy)) =
                (found.certificates.last_mut(), row.text_or_null(1)?)
            {
                last.policies.push(policy.to_owned());
            }
        }
        for row in &self.catalog.read(USERS, args()).await? {
            let name = row.text(0)?;
            if found.mqtt_users.last().is_none_or(|last| last.name != name) {
                found.mqtt_users.push(ThingUser {
                    name: name.to_owned(),
                    policies: Vec::new(),
                });
            }
            if let (Some(last), Some(policy)) = (found.mqtt_users.last_mut(), row.text_or_null(1)?)
            {
                last.policies.push(policy.to_owned());
            }
        }
        Ok(found)
    }
}

fn certificate(id: CertificateId, row: &Row) -> Result<AttachedCertificate, IdentityError> {
    Ok(AttachedCertificate {
        id,
        status: row.text(2)?.to_owned(),
        not_after: Timestamp(row.int(3)?),
        exclusive: row.text(4)? == "EXCLUSIVE_THING",
        policies: Vec::new(),
    })
}
