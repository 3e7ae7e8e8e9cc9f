// SPDX-License-Identifier: Apache-2.0
//! Devices that have no certificate: they come in with user name and password, and policies decide
//! for them as they do for certificates.

mod login;
mod principal;
mod verified;

pub(crate) use login::Logins;
pub(crate) use principal::{by_credential, by_name};

use std::collections::{BTreeMap, BTreeSet};

use hw_kernel::admission::{AdmissionChanges, Touched};
use hw_kernel::port::catalog::{CatalogError, Row, Statement};
use hw_model::{AccountId, Secret, Timestamp};

use crate::page::{PAGE_MAX, Page, limit};
use crate::policies::POLICIES_PER_TARGET_MAX;
use crate::{Identity, IdentityError, secret_token};

/// Longest name.
pub const NAME_CHARS_MAX: usize = 128;

/// Most of them in an account.
pub const MQTT_USERS_MAX: i64 = 100_000;

/// What the proof of a connection begins with; the credential's id follows.
pub(crate) const PROOF: &str = "mqtt-credential/";

/// What it is called where it is missing.
const WHAT: &str = "MQTT user";

/// A device with user name and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MqttUser {
    /// The name it sends in CONNECT.
    pub name: String,
    /// Policies that decide for it, by name.
    pub policies: Vec<String>,
    /// The thing that it is.
    pub thing: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When its password was set.
    pub password_changed: Timestamp,
}

/// What it may, and what it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MqttUserSettings {
    /// Policies of the account, by name.
    pub policies: Vec<String>,
    /// A thing of the registry.
    pub thing: Option<String>,
}

const LIST: &str = "SELECT user_name, thing_name, created_us, password_changed_us, \
                    credential_id FROM mqtt_users \
                    WHERE account = $1 AND user_name > $2 ORDER BY user_name LIMIT $3";
const ONE: &str = "SELECT user_name, thing_name, created_us, password_changed_us, \
                   credential_id FROM mqtt_users WHERE account = $1 AND user_name = $2";
const DETACH: &str = "DELETE FROM policy_targets \
                      WHERE account = $1 AND target_kind = 'mqtt-user' AND target = $2";

impl Identity {
    /// A page of them, by name, from behind `after`.
    pub async fn mqtt_users(
        &self,
        account: AccountId,
        after: Option<&str>,
        count: usize,
    ) -> Result<Page<MqttUser, String>, IdentityError> {
        let count = count.clamp(1, PAGE_MAX);
        let args = vec![
            account.into(),
            after.unwrap_or("").into(),
            limit(count).into(),
        ];
        let rows = self.catalog.read(LIST, args).await?;
        let users = rows.iter().map(|row| read(row).map(|(user, _)| user));
        let mut users = users.collect::<Result<Vec<_>, _>>()?;
        if let (Some(first), Some(last)) = (users.first(), users.last()) {
            let names = (first.name.as_str(), last.name.as_str());
            let mut policies = self.policies_between(account, names).await?;
            for user in &mut users {
                user.policies = policies.remove(&user.name).unwrap_or_default();
            }
        }
        Ok(Page::cut(users, count, |user| user.name.clone()))
    }

    /// One by its name.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn mqtt_user(
        &self,
        account: AccountId,
        name: &str,
    ) -> Result<MqttUser, IdentityError> {
        self.mqtt_user_and_credential(account, name)
            .await
            .map(|(user, _)| user)
    }

    /// Makes one. Without a password it gets one of 256 random bits, which is handed back.
    ///
    /// # Errors
    /// `Invalid`, `Exists`, `NotFound` (a policy or the thing), `Limit`.
    pub async fn create_mqtt_user(
        &self,
        account: AccountId,
        name: &str,
        settings: &MqttUserSettings,
        password: Option<Secret>,
    ) -> Result<Option<Secret>, IdentityError> {
        check_name(name)?;
        self.check_settings(account, settings).await?;
        let (phc, made) = self.new_password(name, password).await?;
        let sql = "INSERT INTO mqtt_users (account, user_name, credential_id, password_phc, \
                   thing_name, created_us, password_changed_us) \
                   SELECT $1, $2, $3, $4, $5, $6, $6 \
                   WHERE (SELECT count(*) FROM mqtt_users WHERE account = $1) < $7";
        let args = vec![
            account.into(),
            name.into(),
            uuid::Uuid::new_v4().to_string().into(),
            phc.into(),
            settings.thing.as_deref().into(),
            self.clock.now().into(),
            MQTT_USERS_MAX.into(),
        ];
        let insert = Statement::new(sql, args).expecting(1);
        let statements = std::iter::once(insert).chain(self.attach(account, name, settings));
        match self.catalog.write(statements.collect()).await {
            Ok(_) => self.look_for_mqtt_users().await.map(|()| made),
            Err(CatalogError::Constraint { .. }) => Err(IdentityError::Exists {
                what: WHAT,
                arn: String::new(),
                name: name.to_owned(),
            }),
            Err(CatalogError::Conflict { .. }) => {
                // A policy may have gone in between; else there are too many.
                self.check_settings(account, settings).await?;
                Err(IdentityError::Limit(format!(
                    "an account has at most {MQTT_USERS_MAX} MQTT users (mqtt_users_max)"
                )))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Gives it other policies and another thing, in effect at once.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`.
    pub async fn change_mqtt_user(
        &self,
        account: AccountId,
        name: &str,
        settings: &MqttUserSettings,
    ) -> Result<(), IdentityError> {
        self.check_settings(account, settings).await?;
        let (_, credential) = self.mqtt_user_and_credential(account, name).await?;
        let sql = "UPDATE mqtt_users SET thing_name = $3 \
                   WHERE account = $1 AND user_name = $2 AND credential_id = $4";
        let args = vec![
            account.into(),
            name.into(),
            settings.thing.as_deref().into(),
            credential.as_str().into(),
        ];
        let mut statements = vec![
            Statement::new(sql, args).expecting(1),
            Statement::new(DETACH, vec![account.into(), name.into()]),
        ];
        statements.extend(self.attach(account, name, settings));
        self.write_mqtt_user(account, name, &credential, statements)
            .await
    }

    /// Gives it another password; who is connected with the one before is cut. Without a password
    /// it gets a random one, which is handed back.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`.
    pub async fn set_mqtt_password(
        &self,
        account: AccountId,
        name: &str,
        password: Option<Secret>,
    ) -> Result<Option<Secret>, IdentityError> {
        let (_, credential) = self.mqtt_user_and_credential(account, name).await?;
        let (phc, made) = self.new_password(name, password).await?;
        let sql = "UPDATE mqtt_users SET credential_id = $4, password_phc = $5, \
                   password_changed_us = $6 \
                   WHERE account = $1 AND user_name = $2 AND credential_id = $3";
        let args = vec![
            account.into(),
            name.into(),
            credential.as_str().into(),
            uuid::Uuid::new_v4().to_string().into(),
            phc.into(),
            self.clock.now().into(),
        ];
        let update = Statement::new(sql, args).expecting(1);
        self.write_mqtt_user(account, name, &credential, vec![update])
            .await?;
        Ok(made)
    }

    /// Deletes it; its connections are cut.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_mqtt_user(
        &self,
        account: AccountId,
        name: &str,
    ) -> Result<(), IdentityError> {
        let (_, credential) = self.mqtt_user_and_credential(account, name).await?;
        let sql = "DELETE FROM mqtt_users \
                   WHERE account = $1 AND user_name = $2 AND credential_id = $3";
        let args = vec![account.into(), name.into(), credential.as_str().into()];
        let statements = vec![
            Statement::new(sql, args).expecting(1),
            Statement::new(DETACH, vec![account.into(), name.into()]),
        ];
        self.write_mqtt_user(account, name, &credential, statements)
            .await?;
        self.look_for_mqtt_users().await
    }

    /// Looks whether any account has one: else doors need not listen for them. Done once at the
    /// start, too.
    pub async fn look_for_mqtt_users(&self) -> Result<(), IdentityError> {
        let rows = self
            .catalog
            .read("SELECT 1 FROM mqtt_users LIMIT 1", Vec::new());
        self.changes.note_mqtt_users(!rows.await?.is_empty());
        Ok(())
    }

    async fn mqtt_user_and_credential(
        &self,
        account: AccountId,
        name: &str,
    ) -> Result<(MqttUser, String), IdentityError> {
        let rows = self
            .catalog
            .read(ONE, vec![account.into(), name.into()])
            .await?;
        let found = rows.first().ok_or_else(|| IdentityError::NotFound {
            what: WHAT,
            name: name.to_owned(),
        })?;
        let (mut user, credential) = read(found)?;
        let mut policies = self.policies_between(account, (name, name)).await?;
        user.policies = policies.remove(name).unwrap_or_default();
        Ok((user, credential))
    }

    async fn policies_between(
        &self,
        account: AccountId,
        (first, last): (&str, &str),
    ) -> Result<BTreeMap<String, Vec<String>>, IdentityError> {
        let sql = "SELECT target, policy_name FROM policy_targets WHERE account = $1 \
                   AND target_kind = 'mqtt-user' AND target >= $2 AND target <= $3 ORDER BY 1, 2";
        let args = vec![account.into(), first.into(), last.into()];
        let mut found = BTreeMap::<String, Vec<String>>::new();
        for row in &self.catalog.read(sql, args).await? {
            let policies = found.entry(row.text(0)?.to_owned()).or_default();
            policies.push(row.text(1)?.to_owned());
        }
        Ok(found)
    }

    async fn check_settings(
        &self,
        account: AccountId,
        settings: &MqttUserSettings,
    ) -> Result<(), IdentityError> {
        if settings.policies.len() > POLICIES_PER_TARGET_MAX {
            return Err(IdentityError::Invalid(format!(
                "an MQTT user has at most {POLICIES_PER_TARGET_MAX} policies"
            )));
        }
        for policy in &settings.policies {
            self.policy(account, policy).await?;
        }
        let Some(thing) = &settings.thing else {
            return Ok(());
        };
        let sql = "SELECT 1 FROM things WHERE account = $1 AND thing_name = $2";
        let args = vec![account.into(), thing.as_str().into()];
        if self.catalog.read(sql, args).await?.is_empty() {
            return Err(IdentityError::NotFound {
                what: "thing",
                name: thing.clone(),
            });
        }
        Ok(())
    }

    fn attach(
        &self,
        account: AccountId,
        name: &str,
        settings: &MqttUserSettings,
    ) -> Vec<Statement> {
        let sql = "INSERT INTO policy_targets \
                   (account, policy_name, target_kind, target, attached_us) \
                   SELECT $1, $2, 'mqtt-user', $3, $4 WHERE EXISTS \
                   (SELECT 1 FROM policies p WHERE p.account = $1 AND p.policy_name = $2)";
        let policies: BTreeSet<_> = settings.policies.iter().collect();
        let attach = |policy: &String| {
            let args = vec![
                account.into(),
                policy.as_str().into(),
                name.into(),
                self.clock.now().into(),
            ];
            Statement::new(sql, args).expecting(1)
        };
        policies.into_iter().map(attach).collect()
    }

    async fn new_password(
        &self,
        name: &str,
        password: Option<Secret>,
    ) -> Result<(String, Option<Secret>), IdentityError> {
        match password {
            Some(password) => {
                let phc = self.passwords.hash(name, password.expose()).await?;
                Ok((phc, None))
            }
            None => {
                let made = Secret::new(secret_token::make()?);
                let phc = self.passwords.hash(name, made.expose()).await?;
                Ok((phc, Some(made)))
            }
        }
    }

    /// Writes, if it still has the credential, and says whom that touches.
    async fn write_mqtt_user(
        &self,
        account: AccountId,
        name: &str,
        credential: &str,
        statements: Vec<Statement>,
    ) -> Result<(), IdentityError> {
        match self.catalog.write(statements).await {
            Ok(_) => {
                let proof = format!("{PROOF}{credential}");
                self.changes.touched(account, &Touched::Proof(proof));
                Ok(())
            }
            Err(CatalogError::Conflict { .. }) => Err(IdentityError::InUse(format!(
                "MQTT user {name} or one of its policies was changed meanwhile; try again"
            ))),
            Err(error) => Err(error.into()),
        }
    }
}

fn check_name(name: &str) -> Result<(), IdentityError> {
    if is_name(name) {
        return Ok(());
    }
    Err(IdentityError::Invalid(format!(
        "an MQTT user's name has 1 to {NAME_CHARS_MAX} letters, digits and . _ @ + : - "
    )))
}

/// Letters, digits and `. _ @ + : -`: safe in paths, logs and tables; `?` begins what SDKs add.
fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || "._@+:-".contains(c);
    (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && name.chars().all(fits)
}

fn read(row: &Row) -> Result<(MqttUser, String), IdentityError> {
    let user = MqttUser {
        name: row.text(0)?.to_owned(),
        policies: Vec::new(),
        thing: row.text_or_null(1)?.map(str::to_owned),
        created: Timestamp(row.int(2)?),
        password_changed: Timestamp(row.int(3)?),
    };
    Ok((user, row.text(4)?.to_owned()))
}
