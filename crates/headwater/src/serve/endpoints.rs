// SPDX-License-Identifier: Apache-2.0
//! `run/endpoints.json`: where a running server listens, for tools and tests.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::ServeError;
use super::setup_link::SetupLink;

/// Where a server listens. A closed door is absent.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Endpoints {
    /// MQTT over TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mqtts: Option<SocketAddr>,
    /// Plain MQTT.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mqtt: Option<SocketAddr>,
    /// HTTPS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub https: Option<SocketAddr>,
    /// Plain HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<SocketAddr>,
    /// PostgreSQL wire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postgres: Option<SocketAddr>,
    /// Metrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<SocketAddr>,
    /// File with the CA that devices trust.
    pub ca: PathBuf,
    /// Folder of the tables.
    pub lake: PathBuf,
    /// Process id.
    pub pid: u32,
    /// The one-time link for the first administrator, while there is none. It stands in no file.
    #[serde(skip)]
    pub setup_link: Option<SetupLink>,
}

impl Endpoints {
    /// The open doors as URLs, in one line.
    pub fn line(&self) -> String {
        let doors = [
            ("mqtts", self.mqtts),
            ("mqtt", self.mqtt),
            ("https", self.https),
            ("http", self.http),
            ("postgres", self.postgres),
            ("metrics", self.metrics),
        ];
        let open = doors
            .iter()
            .filter_map(|(name, addr)| Some(format!("{name}://{}", (*addr)?)));
        open.collect::<Vec<_>>().join(" ")
    }

    /// Where the doors are, and nothing of the machine behind them.
    pub(super) fn doors(&self) -> serde_json::Value {
        serde_json::json!({
            "mqtts": self.mqtts,
            "mqtt": self.mqtt,
            "https": self.https,
            "http": self.http,
            "postgres": self.postgres,
        })
    }

    /// Reads the file that a server has written.
    pub fn read(path: &Path) -> Result<Self, ServeError> {
        let read = std::fs::read_to_string(path)
            .and_then(|text| serde_json::from_str(&text).map_err(std::io::Error::from));
        read.map_err(|source| ServeError::Folder {
            path: path.to_owned(),
            source,
        })
    }

    /// Writes the file whole or not at all.
    pub(super) fn write(&self, path: &Path) -> Result<(), ServeError> {
        let text = serde_json::to_vec_pretty(self).expect("addresses and paths are text");
        let temporary = path.with_extension("json.new");
        let written = std::fs::File::create(&temporary)
            .and_then(|mut file| file.write_all(&text))
            .and_then(|()| std::fs::rename(&temporary, path));
        written.map_err(|source| ServeError::Folder {
            path: path.to_owned(),
            source,
        })
    }
}

/// A server that is going must not be found any more.
pub(super) fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        tracing::debug!(%error, "endpoints.json was gone already");
    }
}
