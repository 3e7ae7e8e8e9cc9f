// SPDX-License-Identifier: Apache-2.0
//! Names and addresses in certificates: whether one is there, however it is written.

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
}
