// SPDX-License-Identifier: Apache-2.0
//! The settings of a server as environment variables, for a server that is started as a process.

use std::ffi::OsString;
use std::path::PathBuf;

use super::ServeArgs;

/// A variable of `serve` and its value; `None` if it must not be set.
pub type Variable = (&'static str, Option<OsString>);

impl ServeArgs {
    /// What `serve` reads as the same settings. Every variable is named, so that what stands in the
    /// caller's own environment and is no setting here does not come through.
    pub fn environment(&self) -> Vec<Variable> {
        // By name: a field that is forgotten does not compile.
        let Self {
            data,
            config,
            listen_mqtts,
            listen_https,
            listen_http,
            listen_postgres,
            listen_mqtt,
            listen_metrics,
            listen_proxies,
            listen_mqtts_passwords,
            listen_mdns,
            certificates_names,
            public_host,
            region,
            keep,
            mqtt_anonymous_policy,
            mqtt_keep_alive_max_s,
            authorizers_private_allowed,
            authorizers_ca_file,
            profile,
            shards,
            log_bytes_max,
            retention_messages_days,
            retention_telemetry_days,
            retention_events_days,
        } = self;
        let proxies = listen_proxies.as_ref().map(|ranges| ranges.join(","));
        let names = certificates_names.as_ref().map(|names| names.join(","));
        vec![
            ("HEADWATER_DATA", path(data)),
            ("HEADWATER_CONFIG", path(config)),
            ("HEADWATER_LISTEN_MQTTS", text(listen_mqtts)),
            ("HEADWATER_LISTEN_HTTPS", text(listen_https)),
            ("HEADWATER_LISTEN_HTTP", text(listen_http)),
            ("HEADWATER_LISTEN_POSTGRES", text(listen_postgres)),
            ("HEADWATER_LISTEN_MQTT", text(listen_mqtt)),
            ("HEADWATER_LISTEN_METRICS", text(listen_metrics)),
            ("HEADWATER_LISTEN_PROXIES", text(&proxies)),
            (
                "HEADWATER_LISTEN_MQTTS_PASSWORDS",
                text(listen_mqtts_passwords),
            ),
            ("HEADWATER_LISTEN_MDNS", text(listen_mdns)),
            ("HEADWATER_CERTIFICATES_NAMES", text(&names)),
            ("HEADWATER_PUBLIC_HOST", text(public_host)),
            ("HEADWATER_REGION", text(region)),
            ("HEADWATER_KEEP", text(keep)),
            (
                "HEADWATER_MQTT_ANONYMOUS_POLICY",
                path(mqtt_anonymous_policy),
            ),
            (
                "HEADWATER_MQTT_KEEP_ALIVE_MAX_S",
                text(mqtt_keep_alive_max_s),
            ),
            (
                "HEADWATER_AUTHORIZERS_PRIVATE_ALLOWED",
                text(authorizers_private_allowed),
            ),
            ("HEADWATER_AUTHORIZERS_CA_FILE", path(authorizers_ca_file)),
            ("HEADWATER_PROFILE", text(profile)),
            ("HEADWATER_SHARDS", text(shards)),
            ("HEADWATER_LOG_BYTES_MAX", text(log_bytes_max)),
            (
                "HEADWATER_RETENTION_MESSAGES_DAYS",
                text(retention_messages_days),
            ),
            (
                "HEADWATER_RETENTION_TELEMETRY_DAYS",
                text(retention_telemetry_days),
            ),
            (
                "HEADWATER_RETENTION_EVENTS_DAYS",
                text(retention_events_days),
            ),
        ]
    }
}

fn path(value: &Option<PathBuf>) -> Option<OsString> {
    value.clone().map(PathBuf::into_os_string)
}

fn text<T: ToString>(value: &Option<T>) -> Option<OsString> {
    value.as_ref().map(|value| value.to_string().into())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use clap::{CommandFactory, Parser};

    use super::*;

    #[derive(Parser)]
    struct Whole {
        #[command(flatten)]
        settings: ServeArgs,
    }

    /// Every setting, none as it is by default.
    fn everything() -> ServeArgs {
        let word = |text: &str| Some(text.to_owned());
        ServeArgs {
            data: Some("d a t a".into()),
            config: Some("c.toml".into()),
            listen_mqtts: word("127.0.0.1:1"),
            listen_https: word("127.0.0.1:2"),
            listen_http: word("off"),
            listen_postgres: word("127.0.0.1:3"),
            listen_mqtt: word("127.0.0.1:4"),
            listen_metrics: word("127.0.0.1:5"),
            listen_proxies: Some(vec!["10.0.0.0/8".to_owned(), "::1".to_owned()]),
            listen_mqtts_passwords: Some(true),
            listen_mdns: Some(false),
            certificates_names: Some(vec!["a.example".to_owned(), "192.0.2.7".to_owned()]),
            public_host: word("water.example"),
            region: word("eu-central-1"),
            keep: word("k.txt"),
            mqtt_anonymous_policy: Some("p.json".into()),
            mqtt_keep_alive_max_s: Some(6),
            authorizers_private_allowed: Some(false),
            authorizers_ca_file: Some("ca.pem".into()),
            profile: word("aws"),
            shards: Some(7),
            log_bytes_max: Some(8),
            retention_messages_days: Some(9),
            retention_telemetry_days: Some(10),
            retention_events_days: Some(11),
        }
    }

    /// The flag of each variable, as clap has them.
    fn flags() -> BTreeMap<String, String> {
        let command = Whole::command();
        let named = command.get_arguments().filter_map(|argument| {
            let variable = argument.get_env()?.to_str()?.to_owned();
            Some((variable, argument.get_long()?.to_owned()))
        });
        named.collect()
    }

    #[test]
    fn every_variable_of_serve_is_named_once() {
        let made = ServeArgs::default().environment();
        assert!(made.iter().all(|(_, value)| value.is_none()));
        let mut names: Vec<&str> = made.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        assert_eq!(names, flags().into_keys().collect::<Vec<_>>());
    }

    #[test]
    fn what_is_made_reads_as_the_same_settings() {
        let flags = flags();
        let given = everything();
        let mut line = vec![OsString::from("headwater")];
        for (name, value) in given.environment() {
            let mut argument = OsString::from(format!("--{}=", flags[name]));
            argument.push(value.expect("all are set"));
            line.push(argument);
        }
        let read = Whole::try_parse_from(line).expect("they are settings");
        assert_eq!(read.settings, given);
    }
}
