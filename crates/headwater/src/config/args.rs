// SPDX-License-Identifier: Apache-2.0
//! Flags of `serve` and `demo`, and their environment variables.

use std::path::PathBuf;

use clap::Args;

/// Settings of a server. Each can also stand in the file of `--config` (see
/// `headwater config print-default`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ServeArgs {
    /// Folder that holds everything; made if it is not there
    #[arg(long, env = "HEADWATER_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Settings file (TOML)
    #[arg(long, env = "HEADWATER_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// MQTT over TLS for devices; `off` closes it, port 0 picks one [default: 0.0.0.0:8883]
    #[arg(long, env = "HEADWATER_LISTEN_MQTTS", value_name = "ADDR:PORT|off")]
    pub listen_mqtts: Option<String>,
    /// AWS APIs and console [default: 0.0.0.0:8443]
    #[arg(long, env = "HEADWATER_LISTEN_HTTPS", value_name = "ADDR:PORT|off")]
    pub listen_https: Option<String>,
    /// The same without TLS [default: 127.0.0.1:8080]
    #[arg(long, env = "HEADWATER_LISTEN_HTTP", value_name = "ADDR:PORT|off")]
    pub listen_http: Option<String>,
    /// SQL by the PostgreSQL protocol [default: 127.0.0.1:5433]
    #[arg(long, env = "HEADWATER_LISTEN_POSTGRES", value_name = "ADDR:PORT|off")]
    pub listen_postgres: Option<String>,
    /// Plain MQTT for benches and test suites, loopback only [default: off]
    #[arg(long, env = "HEADWATER_LISTEN_MQTT", value_name = "ADDR:PORT|off")]
    pub listen_mqtt: Option<String>,
    /// Prometheus metrics, readable without a key [default: off]
    #[arg(long, env = "HEADWATER_LISTEN_METRICS", value_name = "ADDR:PORT|off")]
    pub listen_metrics: Option<String>,
    /// Load balancers that speak the PROXY protocol, version 2 [default: none]
    #[arg(
        long,
        env = "HEADWATER_LISTEN_PROXIES",
        value_name = "ADDR[/BITS],…",
        value_delimiter = ','
    )]
    pub listen_proxies: Option<Vec<String>>,
    /// Let clients without a certificate into the MQTT door, with user name and password
    #[arg(long, env = "HEADWATER_LISTEN_MQTTS_PASSWORDS", value_name = "true|false",
          num_args = 0..=1, default_missing_value = "true")]
    pub listen_mqtts_passwords: Option<bool>,
    /// Announce the machine's name and these doors on its networks (mDNS) [default: true]
    #[arg(long, env = "HEADWATER_LISTEN_MDNS", value_name = "true|false",
          num_args = 0..=1, default_missing_value = "true")]
    pub listen_mdns: Option<bool>,
    /// More names and addresses that the server's certificate is for [default: none]
    #[arg(
        long,
        env = "HEADWATER_CERTIFICATES_NAMES",
        value_name = "HOST,…",
        value_delimiter = ','
    )]
    pub certificates_names: Option<Vec<String>>,
    /// What devices and people call this server [default: localhost]
    #[arg(long, env = "HEADWATER_PUBLIC_HOST", value_name = "HOST")]
    pub public_host: Option<String>,
    /// AWS region in ARNs [default: us-east-1]
    #[arg(long, env = "HEADWATER_REGION", value_name = "REGION")]
    pub region: Option<String>,
    /// Which messages the tables hold: all, off, or a file of topic filters [default: all]
    #[arg(long, env = "HEADWATER_KEEP", value_name = "all|off|FILE")]
    pub keep: Option<String>,
    /// AWS IoT policy document for anonymous clients of the plain MQTT door
    #[arg(long, env = "HEADWATER_MQTT_ANONYMOUS_POLICY", value_name = "FILE")]
    pub mqtt_anonymous_policy: Option<PathBuf>,
    /// Longest keep-alive in seconds that a client of MQTT 5 is granted; 0 is any [default: 1200]
    #[arg(long, env = "HEADWATER_MQTT_KEEP_ALIVE_MAX_S", value_name = "SECONDS")]
    pub mqtt_keep_alive_max_s: Option<u16>,
    /// Let authorizers be at private addresses, and over plain http
    #[arg(long, env = "HEADWATER_AUTHORIZERS_PRIVATE_ALLOWED", value_name = "true|false",
          num_args = 0..=1, default_missing_value = "true")]
    pub authorizers_private_allowed: Option<bool>,
    /// CA certificates (PEM) that authorizers are trusted by, beside the machine's
    #[arg(long, env = "HEADWATER_AUTHORIZERS_CA_FILE", value_name = "FILE")]
    pub authorizers_ca_file: Option<PathBuf>,
    /// Limits and quirks of MQTT: standard, or aws for those of AWS IoT Core [default: standard]
    #[arg(long, env = "HEADWATER_PROFILE", value_name = "standard|aws")]
    pub profile: Option<String>,
    /// Broker threads [default: cores but one]
    #[arg(long, env = "HEADWATER_SHARDS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub shards: Option<u16>,
    /// Most bytes that wait in the log for the tables and for sessions [default: 34359738368]
    #[arg(long, env = "HEADWATER_LOG_BYTES_MAX", value_name = "BYTES")]
    pub log_bytes_max: Option<u64>,
    /// Days for which table `messages` keeps its rows; 0 is for ever [default: 0]
    #[arg(long, env = "HEADWATER_RETENTION_MESSAGES_DAYS", value_name = "DAYS")]
    pub retention_messages_days: Option<u32>,
    /// The same for table `telemetry` [default: 0]
    #[arg(long, env = "HEADWATER_RETENTION_TELEMETRY_DAYS", value_name = "DAYS")]
    pub retention_telemetry_days: Option<u32>,
    /// The same for table `events` [default: 0]
    #[arg(long, env = "HEADWATER_RETENTION_EVENTS_DAYS", value_name = "DAYS")]
    pub retention_events_days: Option<u32>,
}
