// SPDX-License-Identifier: Apache-2.0
//! A server by URL.

use std::path::Path;

use http::Uri;
use hw_model::Secret;

use super::ClientError;

/// What names a server and who asks.
#[derive(Debug, Clone, Copy)]
pub struct Remote<'a> {
    /// As `http://localhost:8080`.
    pub url: &'a str,
    /// Sent as a bearer token.
    pub api_key: &'a Secret,
    /// The authority of an https:// server; the system's where none is named.
    pub ca: Option<&'a Path>,
}

/// The parts of a URL that matter.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) tls: bool,
    /// With brackets around an IPv6 address.
    pub(super) host: String,
    pub(super) port: u16,
}

impl Address {
    pub(super) fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

impl Remote<'_> {
    pub(super) fn address(&self) -> Result<Address, ClientError> {
        let wrong = || ClientError::Url {
            url: self.url.to_owned(),
        };
        let uri: Uri = self.url.trim().parse().map_err(|_| wrong())?;
        let (tls, usual_port) = match uri.scheme_str() {
            Some("http") => (false, 8080),
            Some("https") => (true, 8443),
            _ => return Err(wrong()),
        };
        let host = uri
            .host()
            .filter(|host| !host.is_empty())
            .ok_or_else(wrong)?;
        let bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
        let user = uri
            .authority()
            .is_some_and(|authority| authority.as_str().contains('@'));
        if !bare || user {
            return Err(wrong());
        }
        let port = uri.port_u16().unwrap_or(usual_port);
        Ok(Address {
            tls,
            host: host.to_owned(),
            port,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Option<(bool, String)> {
        let remote = Remote {
            url,
            api_key: &"k".into(),
            ca: None,
        };
        remote
            .address()
            .ok()
            .map(|address| (address.tls, address.authority()))
    }

    #[test]
    fn urls() {
        assert_eq!(
            address("http://localhost:18080"),
            Some((false, "localhost:18080".into()))
        );
        assert_eq!(
            address("https://water.example/"),
            Some((true, "water.example:8443".into()))
        );
        assert_eq!(address("http://[::1]"), Some((false, "[::1]:8080".into())));
        let wrong = [
            "localhost:8080",
            "ftp://x",
            "http://",
            "",
            "http://h/path",
            "http://u:p@h",
        ];
        for url in wrong {
            assert_eq!(address(url), None, "{url}");
        }
    }
}
