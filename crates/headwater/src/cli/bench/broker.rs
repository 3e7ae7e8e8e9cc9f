// SPDX-License-Identifier: Apache-2.0
//! Which broker is loaded, and with which certificate.

use std::path::Path;
use std::sync::Arc;

use hw_kernel::Clock;

use super::super::{Failure, device_tls};
use crate::bench::{Door, Temporary};
use crate::client::{Client, ClientError, HostPort};
use crate::simulate::device_tls as own_tls;

/// A broker by its address.
pub fn named(
    address: &str,
    ca: Option<&Path>,
    own: Option<(&Path, &Path)>,
) -> Result<Door, Failure> {
    let wrong = || {
        Failure::usage(format!(
            "{address:?} is no broker: write mqtt://HOST:PORT or mqtts://HOST:PORT"
        ))
    };
    let (scheme, rest) = address.split_once("://").ok_or_else(wrong)?;
    let rest = rest.trim_end_matches('/');
    let (tls, usual) = match scheme {
        "mqtt" => (false, 1883),
        "mqtts" => (true, 8883),
        _ => return Err(wrong()),
    };
    let bracketed = rest.ends_with(']');
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !bracketed => (host, port.parse().map_err(|_| wrong())?),
        _ => (rest, usual),
    };
    let host = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_owned();
    if host.is_empty() {
        return Err(wrong());
    }
    if !tls && own.is_some() {
        return Err(Failure::usage("--cert goes with mqtts://"));
    }
    let tls = match tls {
        true => Some((host.clone(), device_tls::config(ca, own)?)),
        false => None,
    };
    let at = HostPort { host, port };
    Ok(Door { at, tls })
}

/// The MQTT door of a server of ours, with a certificate that was made for it.
pub async fn certified(
    client: &Client,
    clock: Arc<dyn Clock>,
    name: &str,
    topic: &str,
) -> Result<(Door, Temporary), Failure> {
    let doors = client.doors().await?;
    let closed = || ClientError::Closed { door: "mqtts" };
    let at = doors.mqtts.clone().ok_or_else(closed)?;
    let made = Temporary::make(client, &doors, clock, name, topic).await;
    let made = made.map_err(|error| Failure::failed(error.to_string()))?;
    let config = own_tls(&doors, &made.identity);
    let config = config.map_err(|error| Failure::failed(error.to_string()))?;
    let tls = Some((doors.server_name.clone(), config));
    Ok((Door { at, tls }, made))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (address, host, port) in [
            ("mqtt://localhost", "localhost", 1883),
            ("mqtt://[::1]:1884", "::1", 1884),
            ("mqtt://[::1]", "::1", 1883),
            ("mqtt://10.0.0.7:18/", "10.0.0.7", 18),
        ] {
            let door = named(address, None, None).unwrap();
            assert_eq!((door.at.host.as_str(), door.at.port), (host, port));
            assert!(door.tls.is_none());
        }
        for wrong in [
            "localhost",
            "http://x",
            "mqtt://",
            "mqtt://x:y",
            "mqtt://:1",
        ] {
            assert!(named(wrong, None, None).is_err(), "{wrong}");
        }
        let own = (Path::new("a"), Path::new("b"));
        assert!(named("mqtt://x", None, Some(own)).is_err());
    }
}
