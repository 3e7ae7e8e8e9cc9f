// SPDX-License-Identifier: Apache-2.0
//! Taking from a thing all that it comes in with.

use hw_kernel::admission::{AdmissionChanges, Touched};
use hw_kernel::port::catalog::{CatalogError, Outcome, Statement};
use hw_model::{AccountId, CertificateId};

use crate::certificates::stored_id;
use crate::mqtt_users::PROOF;
use crate::{Identity, IdentityError};

/// What was taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    /// Certificates that no other thing has: deleted.
    pub deleted: Vec<CertificateId>,
    /// Certificates that other things have, too: detached.
    pub detached: Vec<CertificateId>,
    /// MQTT users, deleted.
    pub mqtt_users: Vec<String>,
}

/// Asks that the thing is as the caller has read it.
const GUARD: &str = "UPDATE things SET version = version \
    WHERE account = $1 AND thing_name = $2 AND version = $3";

/// Certificates that are this thing's alone lose their policies …
const POLICIES: &str = "DELETE FROM policy_targets \
    WHERE account = $1 AND target_kind = 'cert' AND target IN \
    (SELECT a.certificate_id FROM thing_principals a \
        WHERE a.account = $1 AND a.thing_name = $2 AND NOT EXISTS \
        (SELECT 1 FROM thing_principals o WHERE o.account = $1 \
            AND o.certificate_id = a.certificate_id AND o.thing_name <> $2))";

/// … and go.
const CERTIFICATES: &str = "DELETE FROM certificates \
    WHERE account = $1 AND certificate_id IN \
    (SELECT a.certificate_id FROM thing_principals a \
        WHERE a.account = $1 AND a.thing_name = $2 AND NOT EXISTS \
        (SELECT 1 FROM thing_principals o WHERE o.account = $1 \
            AND o.certificate_id = a.certificate_id AND o.thing_name <> $2)) \
    RETURNING certificate_id";

const ATTACHMENTS: &str = "DELETE FROM thing_principals \
    WHERE account = $1 AND thing_name = $2 RETURNING certificate_id";

const POLICIES_OF_USERS: &str = "DELETE FROM policy_targets \
    WHERE account = $1 AND target_kind = 'mqtt-user' AND target IN \
    (SELECT u.user_name FROM mqtt_users u WHERE u.account = $1 AND u.thing_name = $2)";

const USERS: &str = "DELETE FROM mqtt_users WHERE account = $1 AND thing_name = $2 \
    RETURNING user_name, credential_id";

impl Identity {
    /// Deletes the certificates that are this thing's alone, whatever their status, detaches the
    /// others, and deletes the MQTT users that are the thing; all or nothing. Their connections are
    /// cut.
    ///
    /// # Errors
    /// `Changed`: the thing has another version, or is gone.
    pub async fn remove_credentials_of_thing(
        &self,
        account: AccountId,
        thing: &str,
        version: i64,
    ) -> Result<Removed, IdentityError> {
        let of_thing = |sql| Statement::new(sql, vec![account.into(), thing.into()]);
        let guard = vec![account.into(), thing.into(), version.into()];
        let done = self.catalog.write(vec![
            Statement::new(GUARD, guard).expecting(1),
            of_thing(POLICIES),
            of_thing(CERTIFICATES),
            of_thing(ATTACHMENTS),
            of_thing(POLICIES_OF_USERS),
            of_thing(USERS),
        ]);
        let done = match done.await {
            Err(CatalogError::Conflict { .. }) => {
                return Err(IdentityError::Changed(format!(
                    "thing {thing} was changed or deleted meanwhile; read it again"
                )));
            }
            done => done?,
        };
        self.tell_removed(account, &done).await
    }

    async fn tell_removed(
        &self,
        account: AccountId,
        done: &[Outcome],
    ) -> Result<Removed, IdentityError> {
        let rows = |index: usize| done.get(index).map_or(&[][..], |it| it.returned.as_slice());
        let ids = |index| -> Result<Vec<CertificateId>, IdentityError> {
            rows(index)
                .iter()
                .map(|row| stored_id(row.text(0)?))
                .collect()
        };
        let (deleted, mut attached) = (ids(2)?, ids(3)?);
        for id in &attached {
            self.changes.touched(account, &Touched::Certificate(*id));
        }
        attached.retain(|id| !deleted.contains(id));
        let mut mqtt_users = Vec::new();
        for row in rows(5) {
            let proof = format!("{PROOF}{}", row.text(1)?);
            self.changes.touched(account, &Touched::Proof(proof));
            mqtt_users.push(row.text(0)?.to_owned());
        }
        self.look_for_mqtt_users().await?;
        Ok(Removed {
            deleted,
            detached: attached,
            mqtt_users,
        })
    }
}
