// SPDX-License-Identifier: Apache-2.0
//! Custom authorizers: somebody else says who a client is and what it may. What fails on the way is
//! a refusal.
//!
//! Source: AWS IoT developer guide, "Custom authentication and authorization". In the place of a
//! Lambda function stands a URL that is asked with the same JSON, or a check of JWTs.

mod answer;
mod call_out;
mod claims;
mod default;
mod door;
mod function;
mod jwt;
mod key_sets;
mod list;
mod refresh;
mod test_invoke;

pub use answer::Granted;
pub use door::AuthorizerDoor;
pub(crate) use door::PROOF;
pub use function::Function;

use std::collections::BTreeMap;

use hw_kernel::port::catalog::{CatalogError, Row, Statement};
use hw_kernel::tags;
use hw_model::arn::{Kind, iot};
use hw_model::{AccountId, Tag, Timestamp, tag};

use crate::{Identity, IdentityError};

/// Most authorizers of an account.
pub const AUTHORIZERS_MAX: i64 = 10;

/// Longest name. AWS IoT has 128; here it is part of the principal's name.
pub const NAME_CHARS_MAX: usize = 100;

/// Most keys that sign an authorizer's tokens.
const SIGNING_KEYS_MAX: usize = 2;

/// An authorizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorizer {
    /// Its name.
    pub name: String,
    /// What is asked, as given.
    pub function_arn: String,
    /// What holds the token.
    pub token_key_name: Option<String>,
    /// Public RSA keys in PEM, by name.
    pub signing_keys: BTreeMap<String, String>,
    /// Whether tokens are not signed.
    pub signing_disabled: bool,
    /// Whether it is asked.
    pub is_active: bool,
    /// Kept for who asks.
    pub caching_for_http: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When it was changed last.
    pub modified: Timestamp,
}

const ONE: &str = "SELECT authorizer_name, function_arn, token_key_name, signing_keys, \
                   signing_disabled, status, caching_for_http, created_us, modified_us \
                   FROM authorizers WHERE account = $1 AND authorizer_name = $2";

impl Authorizer {
    /// # Errors
    /// What is wrong with it.
    fn check(&self) -> Result<(), IdentityError> {
        let wrong = |why: String| Err(IdentityError::Invalid(why));
        let fits = |c: char| c.is_ascii_alphanumeric() || "_=,@-".contains(c);
        let chars = self.name.chars().count();
        if !(1..=NAME_CHARS_MAX).contains(&chars) || !self.name.chars().all(fits) {
            return wrong(format!(
                "authorizerName must match [\\w=,@-]{{1,{NAME_CHARS_MAX}}}"
            ));
        }
        let function = Function::parse(&self.function_arn)?;
        if matches!(function, Function::Jwt(_)) && !self.signing_disabled {
            return wrong("a JWT carries its own signature: set signingDisabled".into());
        }
        if let Some(key) = &self.token_key_name {
            let fits = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
            if key.is_empty() || key.len() > 128 || !key.chars().all(fits) {
                return wrong("tokenKeyName must match [a-zA-Z0-9_-]{1,128}".into());
            }
        }
        if !self.signing_disabled {
            if self.token_key_name.is_none() || self.signing_keys.is_empty() {
                return wrong(
                    "tokenKeyName and tokenSigningPublicKeys are needed, or signingDisabled".into(),
                );
            }
            for (name, pem) in &self.signing_keys {
                if claims::public_key(pem).is_none() {
                    return wrong(format!("the signing key {name} is not a public key in PEM"));
                }
            }
        }
        if self.signing_keys.len() > SIGNING_KEYS_MAX {
            return wrong(format!("at most {SIGNING_KEYS_MAX} signing keys"));
        }
        Ok(())
    }

    fn arguments(&self, account: AccountId) -> Vec<hw_kernel::port::catalog::Value> {
        let keys = serde_json::to_string(&self.signing_keys).unwrap_or_default();
        let bit = |flag: bool| i64::from(flag);
        vec![
            account.into(),
            self.name.as_str().into(),
            self.function_arn.as_str().into(),
            self.token_key_name.as_deref().into(),
            keys.into(),
            bit(self.signing_disabled).into(),
            if self.is_active { "ACTIVE" } else { "INACTIVE" }.into(),
            bit(self.caching_for_http).into(),
            self.created.into(),
            self.modified.into(),
        ]
    }
}

impl Identity {
    /// Makes one with these tags; its times are now.
    ///
    /// # Errors
    /// `Invalid`, `Exists`, `Limit`.
    pub async fn create_authorizer(
        &self,
        account: AccountId,
        mut made: Authorizer,
        given: &[Tag],
    ) -> Result<Authorizer, IdentityError> {
        made.check()?;
        tag::check(given)?;
        (made.created, made.modified) = (self.clock.now(), self.clock.now());
        let sql = "INSERT INTO authorizers (account, authorizer_name, function_arn, \
                   token_key_name, signing_keys, signing_disabled, status, caching_for_http, \
                   created_us, modified_us) \
                   SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 \
                   WHERE (SELECT count(*) FROM authorizers WHERE account = $1) < $11";
        let mut args = made.arguments(account);
        args.push(AUTHORIZERS_MAX.into());
        let mut statements = vec![Statement::new(sql, args).expecting(1)];
        statements.extend(tags::insert(account, Kind::Authorizer, &made.name, given));
        match self.catalog.write(statements).await {
            Ok(_) => self.look_for_authorizers().await.map(|()| made),
            Err(CatalogError::Constraint { .. }) => Err(IdentityError::Exists {
                what: "authorizer",
                arn: self.authorizer_arn(account, &made.name),
                name: made.name,
            }),
            Err(CatalogError::Conflict { .. }) => Err(IdentityError::Limit(format!(
                "an account has at most {AUTHORIZERS_MAX} authorizers"
            ))),
            Err(error) => Err(error.into()),
        }
    }

    /// One by its name.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn authorizer(
        &self,
        account: AccountId,
        name: &str,
    ) -> Result<Authorizer, IdentityError> {
        let args = vec![account.into(), name.into()];
        let rows = self.catalog.read(ONE, args).await?;
        rows.first()
            .map(read)
            .transpose()?
            .ok_or_else(|| not_found(name))
    }

    /// Puts a changed one in its place.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`.
    pub async fn update_authorizer(
        &self,
        account: AccountId,
        mut changed: Authorizer,
    ) -> Result<(), IdentityError> {
        changed.check()?;
        changed.modified = self.clock.now();
        let sql = "UPDATE authorizers SET function_arn = $3, token_key_name = $4, \
                   signing_keys = $5, signing_disabled = $6, status = $7, caching_for_http = $8, \
                   created_us = $9, modified_us = $10 WHERE account = $1 AND authorizer_name = $2";
        let update = Statement::new(sql, changed.arguments(account)).expecting(1);
        match self.catalog.write(vec![update]).await {
            Err(CatalogError::Conflict { .. }) => Err(not_found(&changed.name)),
            Err(error) => Err(error.into()),
            Ok(_) => self.look_for_authorizers().await,
        }
    }

    /// Deletes one that is inactive and not the default.
    ///
    /// # Errors
    /// `NotFound`, `InUse`.
    pub async fn delete_authorizer(
        &self,
        account: AccountId,
        name: &str,
    ) -> Result<(), IdentityError> {
        let sql = "DELETE FROM authorizers WHERE account = $1 AND authorizer_name = $2 \
                   AND status = 'INACTIVE' AND NOT EXISTS (SELECT 1 FROM default_authorizers \
                   WHERE account = $1 AND authorizer_name = $2)";
        let args = vec![account.into(), name.into()];
        let delete = Statement::new(sql, args).expecting(1);
        let tags = tags::delete(account, Kind::Authorizer, name);
        match self.catalog.write(vec![delete, tags]).await {
            Err(CatalogError::Conflict { .. }) => {
                self.authorizer(account, name).await?;
                let why = "is ACTIVE or the default; set it INACTIVE and clear the default first";
                Err(IdentityError::InUse(format!("authorizer {name} {why}")))
            }
            done => done.map(|_| ()).map_err(IdentityError::from),
        }
    }

    /// Looks whether any account has an active one: else doors need not listen for them. Done once
    /// at the start, too.
    pub async fn look_for_authorizers(&self) -> Result<(), IdentityError> {
        let sql = "SELECT 1 FROM authorizers WHERE status = 'ACTIVE' LIMIT 1";
        let rows = self.catalog.read(sql, Vec::new()).await?;
        self.changes.note_authorizers(!rows.is_empty());
        Ok(())
    }

    /// Its ARN.
    pub fn authorizer_arn(&self, account: AccountId, name: &str) -> String {
        iot(&self.region, account, Kind::Authorizer, name)
    }
}

pub(crate) fn not_found(name: &str) -> IdentityError {
    IdentityError::NotFound {
        what: "authorizer",
        name: name.to_owned(),
    }
}

pub(crate) fn read(row: &Row) -> Result<Authorizer, IdentityError> {
    let keys = serde_json::from_str(row.text(3)?)
        .map_err(|_| IdentityError::Invalid("stored signing keys".into()))?;
    Ok(Authorizer {
        name: row.text(0)?.to_owned(),
        function_arn: row.text(1)?.to_owned(),
        token_key_name: row.text_or_null(2)?.map(str::to_owned),
        signing_keys: keys,
        signing_disabled: row.int(4)? == 1,
        is_active: row.text(5)? == "ACTIVE",
        caching_for_http: row.int(6)? == 1,
        created: Timestamp(row.int(7)?),
        modified: Timestamp(row.int(8)?),
    })
}
