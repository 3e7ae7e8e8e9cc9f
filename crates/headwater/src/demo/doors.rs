// SPDX-License-Identifier: Apache-2.0
//! Ports for the demo: the usual ones on loopback where they are free, and the same ones as long as
//! it lasts.

use std::net::TcpListener;

use crate::config::ServeArgs;
use crate::serve::Endpoints;

/// Sets each door that is not set. Returns the usual ports that were taken, with their doors.
pub(super) fn choose(settings: &mut ServeArgs) -> Vec<(&'static str, u16)> {
    if settings.config.is_some() {
        return Vec::new();
    }
    let doors = [
        ("MQTT", 8883, &mut settings.listen_mqtts),
        ("AWS", 8443, &mut settings.listen_https),
        ("HTTP", 8080, &mut settings.listen_http),
        ("SQL", 5433, &mut settings.listen_postgres),
    ];
    let mut taken = Vec::new();
    for (name, port, setting) in doors {
        if setting.is_some() {
            continue;
        }
        let free = TcpListener::bind(("127.0.0.1", port)).is_ok();
        if !free {
            taken.push((name, port));
        }
        *setting = Some(format!("127.0.0.1:{}", if free { port } else { 0 }));
    }
    taken
}

/// Sets each door that is open to where it is, for a server that is started again: whoever knows it
/// finds it there, also where port 0 had one chosen.
pub(super) fn keep(settings: &mut ServeArgs, open: &Endpoints) {
    let doors = [
        (open.mqtts, &mut settings.listen_mqtts),
        (open.mqtt, &mut settings.listen_mqtt),
        (open.https, &mut settings.listen_https),
        (open.http, &mut settings.listen_http),
        (open.postgres, &mut settings.listen_postgres),
        (open.metrics, &mut settings.listen_metrics),
    ];
    for (address, setting) in doors {
        if let Some(address) = address {
            *setting = Some(address.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doors_stay_where_they_are() {
        let open = r#"{"mqtts": "127.0.0.1:40001", "metrics": "[::1]:40002",
            "ca": "ca.pem", "lake": "lake", "pid": 7}"#;
        let open: Endpoints = serde_json::from_str(open).unwrap();
        let mut settings = ServeArgs {
            listen_mqtts: Some("127.0.0.1:0".into()),
            listen_http: Some("off".into()),
            ..ServeArgs::default()
        };
        keep(&mut settings, &open);
        assert_eq!(settings.listen_mqtts.as_deref(), Some("127.0.0.1:40001"));
        assert_eq!(settings.listen_metrics.as_deref(), Some("[::1]:40002"));
        assert_eq!(settings.listen_http.as_deref(), Some("off"));
        assert_eq!(settings.listen_https, None);
    }

    #[test]
    fn what_is_set_stays_and_what_is_taken_is_replaced() {
        let holder = TcpListener::bind(("127.0.0.1", 8883));
        let mut settings = ServeArgs {
            listen_http: Some("127.0.0.1:1".into()),
            ..ServeArgs::default()
        };
        let taken = choose(&mut settings);
        assert!(
            taken.contains(&("MQTT", 8883)),
            "held by us or by another program"
        );
        assert_eq!(settings.listen_mqtts.as_deref(), Some("127.0.0.1:0"));
        assert_eq!(settings.listen_http.as_deref(), Some("127.0.0.1:1"));
        drop(holder);
    }
}
