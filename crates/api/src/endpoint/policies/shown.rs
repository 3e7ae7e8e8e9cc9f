// SPDX-License-Identifier: Apache-2.0
//! Policies as the API writes them.

use std::collections::BTreeMap;

use hw_identity::policies::{PolicyOverview, PolicyTarget, PolicyVersion};
use hw_model::AccountId;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::document;
use crate::auth::Door;
use crate::error::ApiError;
use crate::limits::POLICY_TARGETS_MAX;
use crate::moment::Moment;

/// A JSON object, for the schema.
pub(crate) type Object = BTreeMap<String, serde_json::Value>;

/// A policy in a list.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ListedPolicy {
    name: String,
    /// The version that counts.
    version: i64,
    /// When another version began to count.
    modified: Moment,
    /// How many it is attached to.
    targets: i64,
}

/// A page of policies.
#[derive(Serialize, JsonSchema)]
pub(crate) struct PolicyList {
    /// By name.
    pub policies: Vec<ListedPolicy>,
    /// What to send as `after` for the next page; null at the end.
    pub next: Option<String>,
}

/// A policy.
#[derive(Serialize, JsonSchema)]
pub(crate) struct PolicyShown {
    name: String,
    /// The version that counts.
    version: i64,
    /// The newest first.
    versions: Vec<ListedVersion>,
    /// Of the version that counts, as it was written.
    #[schemars(with = "Object")]
    document: Box<RawValue>,
    /// Whom it is attached to: the first 100.
    targets: Vec<ShownTarget>,
    /// How many it is attached to.
    target_count: i64,
}

/// A version of a policy, without its document.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ListedVersion {
    version: i64,
    created: Moment,
    /// Whether it is the one that counts.
    default: bool,
}

/// Somebody whom a policy is attached to.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ShownTarget {
    /// `certificate`, `mqtt_user` or `thing_group`.
    kind: String,
    /// Certificate id or name.
    id: String,
}

/// A version of a policy.
#[derive(Serialize, JsonSchema)]
pub(crate) struct VersionShown {
    version: i64,
    created: Moment,
    /// As it was written.
    #[schemars(with = "Object")]
    document: Box<RawValue>,
}

impl VersionShown {
    pub(super) fn new(version: PolicyVersion) -> Result<Self, ApiError> {
        Ok(Self {
            version: version.version,
            created: version.created.into(),
            document: document::shown(&version.document)?,
        })
    }
}

impl From<PolicyOverview> for ListedPolicy {
    fn from(it: PolicyOverview) -> Self {
        Self {
            name: it.name,
            version: it.default_version,
            modified: it.modified.into(),
            targets: it.targets,
        }
    }
}

impl From<PolicyVersion> for ListedVersion {
    fn from(it: PolicyVersion) -> Self {
        Self {
            version: it.version,
            created: it.created.into(),
            default: it.is_default,
        }
    }
}

impl From<PolicyTarget> for ShownTarget {
    fn from(it: PolicyTarget) -> Self {
        Self {
            kind: match it.kind.as_str() {
                "cert" => "certificate".to_owned(),
                "mqtt-user" => "mqtt_user".to_owned(),
                "thinggroup" => "thing_group".to_owned(),
                _ => it.kind,
            },
            id: it.id,
        }
    }
}

/// One of the account.
pub(super) async fn of(
    door: &Door,
    account: AccountId,
    name: &str,
) -> Result<PolicyShown, ApiError> {
    let identity = &door.deps.identity;
    let versions = identity.policy_versions(account, name).await?;
    let counts = versions.iter().find(|version| version.is_default);
    let counts = counts.ok_or_else(|| ApiError::internal(&"a policy has no default version"))?;
    let (version, document) = (counts.version, document::shown(&counts.document)?);
    let (targets, target_count) = identity
        .whom_policy_is_attached_to(account, name, POLICY_TARGETS_MAX)
        .await?;
    Ok(PolicyShown {
        name: name.to_owned(),
        version,
        versions: versions.into_iter().map(ListedVersion::from).collect(),
        document,
        targets: targets.into_iter().map(ShownTarget::from).collect(),
        target_count,
    })
}
