// SPDX-License-Identifier: Apache-2.0
//! The doors of a server as this machine reaches them.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::ClientError;
use super::endpoints::{Endpoints, Open};

/// A host, by name or address, and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPort {
    /// As it can be dialled; an IPv6 address without brackets.
    pub host: String,
    /// TCP.
    pub port: u16,
}

/// Where to knock, and whom to trust there. A closed door is `None`.
#[derive(Debug, Clone)]
pub struct Doors {
    /// The name in the server's certificate by which these doors are called.
    pub server_name: String,
    /// MQTT over TLS.
    pub mqtts: Option<HostPort>,
    /// AWS APIs.
    pub https: Option<HostPort>,
    /// The same faces without TLS.
    pub http: Option<HostPort>,
    /// SQL by the PostgreSQL protocol.
    pub postgres: Option<HostPort>,
    /// Who signed the server's certificate.
    pub ca: PathBuf,
}

/// The part of `GET /api/v1/status` that clients need.
#[derive(Debug, Deserialize)]
pub(super) struct Status {
    endpoints: Open,
    ca: Option<PathBuf>,
}

impl Doors {
    /// Of a server on this machine, whose certificate is for `localhost`.
    pub(super) fn local(endpoints: &Endpoints) -> Self {
        Self::reached(&endpoints.open, "localhost", None, endpoints.ca.clone())
    }

    /// Of a server that is reached as `host`.
    ///
    /// # Errors
    /// No CA file is named, and the server's is not on this machine.
    pub(super) fn remote(
        host: &str,
        status: &Status,
        ca: Option<&Path>,
    ) -> Result<Self, ClientError> {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let loopback = host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        let server_name = if loopback { "localhost" } else { host };
        let on_this_machine = || status.ca.as_deref().filter(|path| path.is_file());
        let ca = ca.or_else(on_this_machine).ok_or_else(|| ClientError::Ca {
            path: status.ca.clone().unwrap_or_default(),
            detail: "it is not on this machine: copy it from the server and name it with --ca"
                .into(),
        })?;
        Ok(Self::reached(
            &status.endpoints,
            server_name,
            Some(host),
            ca.to_owned(),
        ))
    }

    fn reached(open: &Open, server_name: &str, host: Option<&str>, ca: PathBuf) -> Self {
        let reach = |address: &Option<String>| {
            address
                .as_deref()
                .and_then(|address| reachable(address, host))
        };
        Self {
            server_name: server_name.to_owned(),
            mqtts: reach(&open.mqtts),
            https: reach(&open.https),
            http: reach(&open.http),
            postgres: reach(&open.postgres),
            ca,
        }
    }

    /// For `AWS_ENDPOINT_URL`: a name that the certificate holds.
    pub fn aws_url(&self) -> Option<String> {
        let https = self.https.as_ref()?;
        Some(format!("https://{}:{}", self.server_name, https.port))
    }
}

/// Where a door that listens at `address` is reached: a door for every interface by `host` (or
/// loopback), a door of one interface there, except that loopback of another machine is `host`.
fn reachable(address: &str, host: Option<&str>) -> Option<HostPort> {
    let Ok(address) = address.parse::<SocketAddr>() else {
        let (host, port) = address.rsplit_once(':')?;
        return Some(HostPort {
            host: host.to_owned(),
            port: port.parse().ok()?,
        });
    };
    let ip = address.ip();
    let host = match host {
        Some(host) => host.to_owned(),
        None if ip.is_unspecified() && ip.is_ipv6() => "::1".to_owned(),
        None if ip.is_unspecified() => "127.0.0.1".to_owned(),
        None => ip.to_string(),
    };
    Some(HostPort {
        host,
        port: address.port(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(host: &str, port: u16) -> Option<HostPort> {
        Some(HostPort {
            host: host.into(),
            port,
        })
    }

    #[test]
    fn doors_of_this_machine() {
        let endpoints: Endpoints = serde_json::from_value(json!({
            "mqtts": "0.0.0.0:8883", "https": "[::]:8443", "postgres": "127.0.0.1:5433",
            "ca": "/d/ca.pem", "lake": "/d/lake", "pid": 7
        }))
        .unwrap();
        let doors = Doors::local(&endpoints);
        assert_eq!(doors.mqtts, at("127.0.0.1", 8883));
        assert_eq!(doors.https, at("::1", 8443));
        assert_eq!(doors.postgres, at("127.0.0.1", 5433));
        assert_eq!(
            (doors.http.clone(), doors.aws_url()),
            (None, Some("https://localhost:8443".into()))
        );
    }

    #[test]
    fn doors_of_another_machine() {
        let status: Status = serde_json::from_value(json!({
            "version": "0.1.0", "endpoints": {"mqtts": "0.0.0.0:8883", "https": "10.0.0.7:8443"},
            "ca": "/nowhere/ca.pem"
        }))
        .unwrap();
        let unsigned = Doors::remote("water.example", &status, None).err().unwrap();
        assert!(unsigned.to_string().contains("--ca"), "{unsigned}");
        let doors = Doors::remote("water.example", &status, Some(Path::new("ca.pem"))).unwrap();
        assert_eq!(doors.mqtts, at("water.example", 8883));
        assert_eq!(doors.aws_url(), Some("https://water.example:8443".into()));
        let doors = Doors::remote("127.0.0.1", &status, Some(Path::new("ca.pem"))).unwrap();
        assert_eq!(doors.aws_url(), Some("https://localhost:8443".into()));
    }
}
