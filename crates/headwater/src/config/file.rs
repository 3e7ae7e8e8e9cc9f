// SPDX-License-Identifier: Apache-2.0
//! The settings file. The defaults are such a file too, embedded, so that they are said once.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::certificates::CertificatesSection;
use super::sql::SqlSection;
use super::{ConfigError, DEFAULT_TOML};

/// A settings file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileConfig {
    pub data: Option<PathBuf>,
    pub public_host: Option<String>,
    pub region: Option<String>,
    pub keep: Option<String>,
    pub mqtt_anonymous_policy: Option<PathBuf>,
    pub shards: Option<u16>,
    pub profile: Option<String>,
    #[serde(default)]
    pub limits: LimitsSection,
    #[serde(default)]
    pub listen: ListenSection,
    #[serde(default)]
    pub mqtt: MqttSection,
    #[serde(default)]
    pub certificates: CertificatesSection,
    #[serde(default)]
    pub authorizers: AuthorizersSection,
    #[serde(default)]
    pub sql: SqlSection,
    #[serde(default)]
    pub log: LogSection,
    #[serde(default)]
    pub lake: LakeSection,
    #[serde(default)]
    pub explain: ExplainSection,
    #[serde(default)]
    pub retention: RetentionSection,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListenSection {
    pub mqtts: Option<String>,
    pub https: Option<String>,
    pub http: Option<String>,
    pub postgres: Option<String>,
    pub mqtt: Option<String>,
    pub metrics: Option<String>,
    pub proxies: Option<Vec<String>>,
    pub mqtts_passwords: Option<bool>,
    pub mdns: Option<bool>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitsSection {
    pub publishes_per_second_max: Option<u32>,
    pub bytes_per_second_max: Option<u32>,
    pub connects_per_second_max: Option<u32>,
    pub subscriptions_max: Option<u32>,
    pub session_messages_max: Option<u32>,
    pub all_sessions_messages_max: Option<u32>,
    #[serde(default)]
    pub principal: PrincipalLimitsSection,
}

/// What all connections of a principal may use together.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PrincipalLimitsSection {
    pub connections_max: Option<u32>,
    pub connects_per_second_max: Option<u32>,
    pub subscriptions_max: Option<u32>,
    pub publishes_per_second_max: Option<u32>,
    pub bytes_per_second_max: Option<u32>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MqttSection {
    pub payload_bytes_max: Option<usize>,
    pub keep_alive_max_s: Option<u16>,
    pub accepts_per_second_max: Option<u32>,
    pub waiting_bytes_max: Option<usize>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AuthorizersSection {
    pub private_allowed: Option<bool>,
    pub ca_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogSection {
    pub bytes_max: Option<u64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LakeSection {
    pub commit_seconds: Option<u64>,
    pub compact_files: Option<usize>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RetentionSection {
    pub messages_days: Option<u32>,
    pub telemetry_days: Option<u32>,
    pub events_days: Option<u32>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExplainSection {
    pub messages_max: Option<usize>,
}

impl FileConfig {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = super::read_text(path)?;
        toml::from_str(&text).map_err(|error| ConfigError::Toml {
            path: path.to_owned(),
            detail: error.to_string(),
        })
    }

    /// The embedded defaults.
    pub fn defaults() -> Self {
        toml::from_str(DEFAULT_TOML).expect("a test reads the embedded defaults")
    }
}
