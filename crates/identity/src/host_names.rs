// SPDX-License-Identifier: Apache-2.0
//! Names and addresses of a server: whether a certificate has one, however it is written, and how
//! one stands in a URL.

use std::net::IpAddr;

/// A name in lower case, or an address in its one form.
pub fn canonical(name: &str) -> String {
    match name.parse::<IpAddr>() {
        Ok(address) => address.to_string(),
        Err(_) => name.trim_end_matches('.').to_ascii_lowercase(),
    }
}

/// Whether a certificate for `names` is one for `host`: the same name or address, or `*.` and all
/// but its first label (RFC 9525, section 6.3).
pub fn covers(names: &[String], host: &str) -> bool {
    let host = canonical(host);
    let is_address = host.parse::<IpAddr>().is_ok();
    let above = host.split_once('.').map(|(_, above)| above);
    names.iter().any(|name| {
        let name = canonical(name);
        let wild = name.strip_prefix("*.");
        name == host || (!is_address && wild.is_some() && wild == above)
    })
}

/// Whether a name means this machine, whoever asks.
pub fn is_local(name: &str) -> bool {
    let address = name.parse::<IpAddr>();
    name == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// A name or address as it stands in a URL.
pub fn in_url(host: &str) -> String {
    match host.contains(':') {
        true => format!("[{host}]"),
        false => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_it_is_written() {
        let names = ["*.Iot.example", "pi", "::1", "192.0.2.7"].map(str::to_owned);
        for host in [
            "a.iot.example",
            "A.IOT.example.",
            "PI",
            "0:0:0:0:0:0:0:1",
            "192.0.2.7",
        ] {
            assert!(covers(&names, host), "{host}");
        }
        for host in ["iot.example", "a.b.iot.example", "pi.local", "192.0.2.8"] {
            assert!(!covers(&names, host), "{host}");
        }
        assert!(!covers(&["*.0.2.7".to_owned()], "192.0.2.7"));
    }

    #[test]
    fn whose_it_is_and_how_a_url_has_it() {
        assert!(is_local("localhost") && is_local("127.0.0.2") && is_local("::1"));
        assert!(!is_local("pi.local") && !is_local("192.0.2.7"));
        assert_eq!(in_url("2001:db8::7"), "[2001:db8::7]");
        assert_eq!(
            (in_url("pi"), in_url("192.0.2.7")),
            ("pi".into(), "192.0.2.7".into())
        );
    }
}
