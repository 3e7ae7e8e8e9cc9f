// SPDX-License-Identifier: Apache-2.0
//! AWS IoT policies: documents with versions, and whom they are attached to.

mod delete;
mod list;
mod overview;
mod replace;
mod target;
mod targets;
mod versions;

pub use overview::{PolicyOverview, PolicyTarget};
pub use target::Target;
pub use versions::{PolicyVersion, VERSIONS_MAX};

use hw_kernel::port::catalog::{CatalogError, Row, Statement};
use hw_kernel::tags;
use hw_model::arn::{Kind, iot};
use hw_model::{AccountId, Tag, Timestamp, tag};
use hw_policy::Document;

use crate::{Identity, IdentityError};

/// Most policies attached to one target, as on AWS IoT.
pub const POLICIES_PER_TARGET_MAX: usize = 10;

/// A policy with its default version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Number of the default version, from 1.
    pub default_version: i64,
    /// The default version's document, verbatim.
    pub document: String,
    /// When it was made.
    pub created: Timestamp,
    /// When its default version changed last.
    pub modified: Timestamp,
    /// Changes with the policy's life: a UUID.
    pub generation_id: String,
}

impl Identity {
    /// Makes a policy with its first version.
    pub async fn create_policy(
        &self,
        account: AccountId,
        name: &str,
        document: &str,
    ) -> Result<Policy, IdentityError> {
        self.create_tagged_policy(account, name, document, &[])
            .await
    }

    /// Makes a policy with its first version and these tags.
    pub async fn create_tagged_policy(
        &self,
        account: AccountId,
        name: &str,
        document: &str,
        given: &[Tag],
    ) -> Result<Policy, IdentityError> {
        hw_model::name::policy(name).map_err(|error| IdentityError::Invalid(error.to_string()))?;
        check_document(document)?;
        tag::check(given)?;
        let now = self.clock.now();
        let generation_id = uuid::Uuid::new_v4().to_string();
        let policy = "INSERT INTO policies (account, policy_name, default_version, last_version, \
                      generation_id, created_us, modified_us) VALUES ($1, $2, 1, 1, $3, $4, $4)";
        let version = "INSERT INTO policy_versions \
                       (account, policy_name, version, document, created_us) \
                       VALUES ($1, $2, 1, $3, $4)";
        let key = || [account.into(), name.into()];
        let mut statements = vec![
            Statement::new(
                policy,
                [&key()[..], &[generation_id.as_str().into(), now.into()]].concat(),
            ),
            Statement::new(
                version,
                [&key()[..], &[document.into(), now.into()]].concat(),
            ),
        ];
        statements.extend(tags::insert(account, Kind::Policy, name, given));
        match self.catalog.write(statements).await {
            Err(CatalogError::Constraint { .. }) => Err(IdentityError::Exists {
                what: "policy",
                name: name.to_owned(),
                arn: self.policy_arn(account, name),
            }),
            Err(error) => Err(error.into()),
            Ok(_) => Ok(Policy {
                name: name.to_owned(),
                default_version: 1,
                document: document.to_owned(),
                created: now,
                modified: now,
                generation_id,
            }),
        }
    }

    /// A policy of the account.
    pub async fn policy(&self, account: AccountId, name: &str) -> Result<Policy, IdentityError> {
        let sql = "SELECT p.policy_name, p.default_version, v.document, p.created_us, \
                   p.modified_us, p.generation_id FROM policies p \
                   JOIN policy_versions v ON v.account = p.account \
                   AND v.policy_name = p.policy_name AND v.version = p.default_version \
                   WHERE p.account = $1 AND p.policy_name = $2";
        let rows = self
            .catalog
            .read(sql, vec![account.into(), name.into()])
            .await?;
        rows.first().map_or_else(|| Err(no_policy(name)), read)
    }
}

impl Identity {
    /// A policy's ARN in an account.
    pub fn policy_arn(&self, account: AccountId, name: &str) -> String {
        iot(&self.region, account, Kind::Policy, name)
    }
}

/// What is wrong with a policy document; `None` if nothing is.
pub fn problem(document: &str) -> Option<String> {
    Document::parse(document)
        .err()
        .map(|error| error.to_string())
}

fn check_document(document: &str) -> Result<(), IdentityError> {
    Document::parse(document)
        .map(drop)
        .map_err(|error| IdentityError::MalformedPolicy(error.to_string()))
}

pub(crate) fn no_policy(name: &str) -> IdentityError {
    IdentityError::NotFound {
        what: "policy",
        name: name.to_owned(),
    }
}

fn read(row: &Row) -> Result<Policy, IdentityError> {
    Ok(Policy {
        name: row.text(0)?.to_owned(),
        default_version: row.int(1)?,
        document: row.text(2)?.to_owned(),
        created: Timestamp(row.int(3)?),
        modified: Timestamp(row.int(4)?),
        generation_id: row.text(5)?.to_owned(),
    })
}
