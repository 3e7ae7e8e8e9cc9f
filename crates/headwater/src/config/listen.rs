// SPDX-License-Identifier: Apache-2.0
//! Where doors listen.

use std::net::{SocketAddr, ToSocketAddrs};

use super::args::ServeArgs;
use super::file::ListenSection;
use super::{Config, ConfigError};

/// An address for each door; `None` is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen {
    /// MQTT over TLS.
    pub mqtts: Option<SocketAddr>,
    /// HTTPS.
    pub https: Option<SocketAddr>,
    /// Plain HTTP.
    pub http: Option<SocketAddr>,
    /// PostgreSQL wire.
    pub postgres: Option<SocketAddr>,
    /// Plain MQTT.
    pub mqtt: Option<SocketAddr>,
    /// Metrics.
    pub metrics: Option<SocketAddr>,
}

impl Listen {
    pub(super) fn resolve(
        args: &ServeArgs,
        file: &ListenSection,
        defaults: &ListenSection,
    ) -> Result<Self, ConfigError> {
        let door =
            |name: &str, flag: &Option<String>, file: &Option<String>, default: &Option<String>| {
                let text = flag.as_ref().or(file.as_ref()).or(default.as_ref());
                text.map_or(Ok(None), |text| address(name, text))
            };
        let listen = Self {
            mqtts: door("mqtts", &args.listen_mqtts, &file.mqtts, &defaults.mqtts)?,
            https: door("https", &args.listen_https, &file.https, &defaults.https)?,
            http: door("http", &args.listen_http, &file.http, &defaults.http)?,
            postgres: door(
                "postgres",
                &args.listen_postgres,
                &file.postgres,
                &defaults.postgres,
            )?,
            mqtt: door("mqtt", &args.listen_mqtt, &file.mqtt, &defaults.mqtt)?,
            metrics: door(
                "metrics",
                &args.listen_metrics,
                &file.metrics,
                &defaults.metrics,
            )?,
        };
        if listen.mqtt.is_some_and(|addr| !addr.ip().is_loopback()) {
            let detail = "plain MQTT listens on loopback only; devices use mqtts";
            return Err(ConfigError::value("listen.mqtt", detail));
        }
        Ok(listen)
    }
}

impl Listen {
    /// The doors that are to be opened, by name.
    pub fn all(&self) -> Vec<(&'static str, SocketAddr)> {
        let doors = [
            ("mqtts", self.mqtts),
            ("https", self.https),
            ("http", self.http),
            ("postgres", self.postgres),
            ("mqtt", self.mqtt),
            ("metrics", self.metrics),
        ];
        let open = doors.into_iter();
        open.filter_map(|(name, addr)| Some((name, addr?)))
            .collect()
    }
}

fn address(door: &str, text: &str) -> Result<Option<SocketAddr>, ConfigError> {
    if text == "off" {
        return Ok(None);
    }
    let wrong = || {
        let detail = format!("{text:?} is not ADDR:PORT (as in 127.0.0.1:8883) and not off");
        ConfigError::value(&format!("listen.{door}"), detail)
    };
    let mut found = text.to_socket_addrs().map_err(|_| wrong())?;
    found.next().ok_or_else(wrong).map(Some)
}

impl Config {
    /// Doors without encryption that are open beyond this machine.
    pub fn open_in_clear(&self) -> Vec<&'static str> {
        let doors = [
            ("http", self.listen.http),
            ("postgres", self.listen.postgres),
            ("metrics", self.listen.metrics),
        ];
        let open = |addr: Option<SocketAddr>| addr.is_some_and(|addr| !addr.ip().is_loopback());
        doors
            .into_iter()
            .filter(|(_, addr)| open(*addr))
            .map(|(name, _)| name)
            .collect()
    }
}
