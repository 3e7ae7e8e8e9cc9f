// SPDX-License-Identifier: Apache-2.0
//! Configuration: flags over environment over a small TOML file over defaults. Nothing needs to be
//! set; unknown keys are errors.

mod args;
mod certificates;
mod environment;
mod file;
mod keep;
mod listen;
mod profile;
mod sql;

pub use args::ServeArgs;
pub use certificates::{AcmeConfig, CertificatesConfig, PublicSource};
pub use listen::Listen;
pub use profile::Profile;
pub use sql::SqlConfig;

use std::path::{Path, PathBuf};

use hw_broker::Keep;
use hw_gateway::proxy::ProxyRanges;
use hw_identity::device_key::KeyType;
use hw_lake::Retention;

use file::{FileConfig, LakeSection, ListenSection, LogSection, RetentionSection};

/// The commented file of all settings with their defaults: `headwater config print-default`.
pub const DEFAULT_TOML: &str = include_str!("config/default.toml");

/// Greatest number of messages that a broker thread can be told to remember.
const EXPLAIN_MESSAGES_MAX: usize = 1 << 22;

/// Least room for the log, in bytes: a few segments.
const LOG_BYTES_LEAST: u64 = 256 << 20;

/// Everything that must be known at start.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder that holds everything.
    pub data: PathBuf,
    /// Whether this is a demo's server, which the API may kill.
    pub demo: bool,
    /// Where each door listens.
    pub listen: Listen,
    /// Whether authorizers may be at private addresses.
    pub authorizers_private_allowed: bool,
    /// CAs that they are trusted by, in PEM, beside the machine's.
    pub authorizers_ca: Option<String>,
    /// Load balancers that say who is behind them.
    pub proxies: ProxyRanges,
    /// Whether clients of the MQTT door may come in with user name and password.
    pub mqtts_passwords: bool,
    /// Whether the names and doors of this machine are announced on its networks.
    pub mdns: bool,
    /// What devices and people call this server.
    pub public_host: String,
    /// The region in ARNs and signatures.
    pub region: String,
    /// Which messages the tables hold.
    pub keep: Keep,
    /// Which keys are made for devices.
    pub device_keys: KeyType,
    /// The server's certificates.
    pub certificates: CertificatesConfig,
    /// An AWS IoT policy document for clients of the plain MQTT door, as text.
    pub anonymous_policy: Option<String>,
    /// Broker shards; cores but one if not set.
    pub shards: Option<u16>,
    /// Most bytes of a published payload.
    pub payload_bytes_max: usize,
    /// Connections that the doors mqtts and https accept in a second, each; 0: any.
    pub accepts_per_second_max: u32,
    /// Bytes that may wait for slow receivers, all together.
    pub waiting_bytes_max: usize,
    /// Limits of each connection: those of the profile, with what is set beside it.
    pub connection: hw_session::Limits,
    /// What SQL statements may cost.
    pub sql: SqlConfig,
    /// Most bytes that the log holds.
    pub log_bytes_max: u64,
    /// Seconds between commits to the lake while rows come in.
    pub lake_commit_seconds: u64,
    /// Messages whose way each broker thread remembers.
    pub explain_messages_max: usize,
    /// Files of a day that are merged into one.
    pub lake_compact_files: usize,
    /// How long tables keep their rows.
    pub retention: Retention,
}

/// Why the configuration can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file can't be read.
    #[error("{path} can't be read: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The TOML is wrong or has an unknown key.
    #[error("{path}: {detail}")]
    Toml {
        /// Which file.
        path: PathBuf,
        /// Where and what.
        detail: String,
    },
    /// A value is wrong.
    #[error("{name}: {detail}")]
    Value {
        /// Which setting.
        name: String,
        /// What is wrong and what would be right.
        detail: String,
    },
}

impl ConfigError {
    fn value(name: &str, detail: impl Into<String>) -> Self {
        Self::Value {
            name: name.to_owned(),
            detail: detail.into(),
        }
    }
}

impl Config {
    /// Puts flags (with environment), file and defaults together.
    pub fn load(args: &ServeArgs) -> Result<Self, ConfigError> {
        let file = match &args.config {
            Some(path) => FileConfig::read(path)?,
            None => FileConfig::default(),
        };
        let defaults = FileConfig::defaults();
        let data = args.data.clone().or(file.data.clone()).ok_or_else(|| {
            ConfigError::value(
                "--data",
                "say which folder holds the data, as in --data ./data",
            )
        })?;
        let anonymous = args
            .mqtt_anonymous_policy
            .clone()
            .or(file.mqtt_anonymous_policy.clone());
        let profile = args.profile.clone().or(file.profile.clone());
        let profile = Profile::parse(profile.as_deref().unwrap_or("standard"))?;
        let keep_alive_max_s = args
            .mqtt_keep_alive_max_s
            .or(file.mqtt.keep_alive_max_s)
            .or(defaults.mqtt.keep_alive_max_s)
            .unwrap_or_default();
        let payload_bytes_max = file
            .mqtt
            .payload_bytes_max
            .or(defaults.mqtt.payload_bytes_max)
            .unwrap_or_default();
        let connection = profile.limits(payload_bytes_max, keep_alive_max_s, &file.limits);
        let pick = |flag: &Option<String>, file: Option<String>, default: Option<String>| {
            flag.clone().or(file).or(default).unwrap_or_default()
        };
        let public_host = host(
            "public_host",
            &pick(&args.public_host, file.public_host, defaults.public_host),
        )?;
        let device_keys = device_keys(
            file.certificates
                .device_keys
                .as_deref()
                .or(defaults.certificates.device_keys.as_deref()),
        )?;
        Ok(Self {
            data,
            demo: false,
            mdns: args
                .listen_mdns
                .or(file.listen.mdns)
                .or(defaults.listen.mdns)
                .unwrap_or_default(),
            certificates: CertificatesConfig::resolve(args, file.certificates, &public_host)?,
            device_keys,
            listen: Listen::resolve(args, &file.listen, &defaults.listen)?,
            proxies: proxies(args, &file.listen)?,
            mqtts_passwords: args
                .listen_mqtts_passwords
                .or(file.listen.mqtts_passwords)
                .or(defaults.listen.mqtts_passwords)
                .unwrap_or_default(),
            authorizers_private_allowed: args
                .authorizers_private_allowed
                .or(file.authorizers.private_allowed)
                .or(defaults.authorizers.private_allowed)
                .unwrap_or_default(),
            authorizers_ca: args
                .authorizers_ca_file
                .clone()
                .or(file.authorizers.ca_file)
                .as_deref()
                .map(read_text)
                .transpose()?,
            public_host,
            region: pick(&args.region, file.region, defaults.region),
            keep: keep::parse(&pick(&args.keep, file.keep, defaults.keep))?,
            anonymous_policy: anonymous.as_deref().map(read_text).transpose()?,
            shards: args.shards.or(file.shards),
            payload_bytes_max: payload_bytes_max.min(connection.payload_bytes_max),
            connection,
            waiting_bytes_max: file
                .mqtt
                .waiting_bytes_max
                .or(defaults.mqtt.waiting_bytes_max)
                .unwrap_or(hw_broker::Limits::default().waiting_bytes_max),
            accepts_per_second_max: file
                .mqtt
                .accepts_per_second_max
                .or(defaults.mqtt.accepts_per_second_max)
                .unwrap_or_default(),
            sql: SqlConfig::resolve(file.sql, defaults.sql),
            explain_messages_max: file
                .explain
                .messages_max
                .or(defaults.explain.messages_max)
                .unwrap_or_default()
                .min(EXPLAIN_MESSAGES_MAX),
            log_bytes_max: log_bytes_max(args, &file.log, &defaults.log)?,
            lake_compact_files: compact_files(&file.lake, &defaults.lake)?,
            retention: retention(args, &file.retention, &defaults.retention),
            lake_commit_seconds: file
                .lake
                .commit_seconds
                .or(defaults.lake.commit_seconds)
                .unwrap_or_default(),
        })
    }
}

fn log_bytes_max(
    args: &ServeArgs,
    file: &LogSection,
    default: &LogSection,
) -> Result<u64, ConfigError> {
    let wanted = args
        .log_bytes_max
        .or(file.bytes_max)
        .or(default.bytes_max)
        .unwrap_or_default();
    if wanted < LOG_BYTES_LEAST {
        let detail = format!("the log needs room for some segments: {LOG_BYTES_LEAST} at least");
        return Err(ConfigError::value("log.bytes_max", detail));
    }
    Ok(wanted)
}

fn compact_files(file: &LakeSection, default: &LakeSection) -> Result<usize, ConfigError> {
    match file.compact_files.or(default.compact_files) {
        Some(files) if files >= 2 => Ok(files),
        _ => Err(ConfigError::value(
            "lake.compact_files",
            "a merge takes two files at least, as in 50",
        )),
    }
}

fn retention(args: &ServeArgs, file: &RetentionSection, default: &RetentionSection) -> Retention {
    let days = |flag: Option<u32>, file: Option<u32>, default: Option<u32>| {
        flag.or(file).or(default).unwrap_or_default()
    };
    Retention {
        messages_days: days(
            args.retention_messages_days,
            file.messages_days,
            default.messages_days,
        ),
        telemetry_days: days(
            args.retention_telemetry_days,
            file.telemetry_days,
            default.telemetry_days,
        ),
        events_days: days(
            args.retention_events_days,
            file.events_days,
            default.events_days,
        ),
    }
}

fn read_text(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|source| ConfigError::File {
        path: path.to_owned(),
        source,
    })
}

fn proxies(args: &ServeArgs, file: &ListenSection) -> Result<ProxyRanges, ConfigError> {
    let texts = args.listen_proxies.as_ref().or(file.proxies.as_ref());
    let ranges = ProxyRanges::parse(texts.map_or(&[][..], Vec::as_slice));
    ranges.map_err(|bad| ConfigError::value("listen.proxies", bad.to_string()))
}

/// Without a setting, as AWS IoT makes them.
fn device_keys(text: Option<&str>) -> Result<KeyType, ConfigError> {
    let Some(text) = text else {
        return Ok(KeyType::default());
    };
    KeyType::parse(text).ok_or_else(|| {
        let detail = format!("{text:?} is not a type of key; give rsa-2048 or p-256");
        ConfigError::value("certificates.device_keys", detail)
    })
}

/// A host is a name or an address, without scheme or port.
fn host(name: &str, text: &str) -> Result<String, ConfigError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-:".contains(c);
    let is_address = text.parse::<std::net::IpAddr>().is_ok();
    if text.is_empty() || !text.chars().all(plain) || (text.contains(':') && !is_address) {
        let detail = format!("{text:?} is not a host; give a name or address without port");
        return Err(ConfigError::value(name, detail));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests;
