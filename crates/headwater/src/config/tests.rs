// SPDX-License-Identifier: Apache-2.0
//! Precedence, refusals, and that the embedded defaults are whole.

use super::*;

fn args(data: &str) -> ServeArgs {
    ServeArgs {
        data: Some(data.into()),
        ..ServeArgs::default()
    }
}

#[test]
fn defaults_are_a_valid_file() {
    let config = Config::load(&args("d")).expect("defaults");
    assert_eq!(config.listen.mqtts, "0.0.0.0:8883".parse().ok());
    assert_eq!((config.listen.mqtt, &config.keep), (None, &Keep::All));
    assert!(
        config.open_in_clear().is_empty()
            && config.sql.rows_max > 0
            && config.payload_bytes_max > 0
    );
}

#[test]
fn flags_win_over_the_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("headwater.toml");
    std::fs::write(
        &path,
        "public_host = 'a.example'\n[listen]\nhttp = 'off'\nmqtts = 'off'\n",
    )
    .expect("written");
    let mut args = args("d");
    (args.config, args.listen_http) = (Some(path.clone()), Some("127.0.0.1:0".into()));
    let config = Config::load(&args).expect("a config");
    assert_eq!(config.public_host, "a.example");
    assert_eq!(
        (config.listen.http.is_some(), config.listen.mqtts),
        (true, None)
    );
    std::fs::write(&path, "publichost = 'a'\n").expect("written");
    let error = Config::load(&args).expect_err("an unknown key").to_string();
    assert!(error.contains("publichost"), "{error}");
}

#[test]
fn the_log_has_room_for_some_segments() {
    let mut args = args("d");
    let default = hw_log::Settings::default().bytes_max;
    assert_eq!(
        Config::load(&args).expect("a config").log_bytes_max,
        default
    );
    args.log_bytes_max = Some(1 << 30);
    assert_eq!(
        Config::load(&args).expect("a config").log_bytes_max,
        1 << 30
    );
    args.log_bytes_max = Some(1 << 20);
    let error = Config::load(&args).expect_err("too little").to_string();
    assert!(error.contains("268435456 at least"), "{error}");
}

#[test]
fn longest_keep_alive_by_file_and_flag() {
    let connection = |args: &ServeArgs| Config::load(args).expect("a config").connection;
    let seconds = |args: &ServeArgs| connection(args).keep_alive_seconds_max;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("headwater.toml");
    std::fs::write(&path, "[mqtt]\nkeep_alive_max_s = 0\n").expect("written");
    let mut args = args("d");
    assert_eq!(seconds(&args), 1_200);
    args.config = Some(path);
    assert_eq!(seconds(&args), 0);
    args.mqtt_keep_alive_max_s = Some(60);
    assert_eq!(seconds(&args), 60);
}

#[test]
fn retention_by_file_and_flag() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("headwater.toml");
    std::fs::write(&path, "[retention]\ntelemetry_days = 7\nevents_days = 8\n").expect("written");
    let mut args = args("d");
    (args.config, args.retention_events_days) = (Some(path), Some(0));
    let kept = Config::load(&args).expect("a config").retention;
    let days = ["messages", "telemetry", "events"].map(|table| kept.days(table));
    assert_eq!(days, [None, Some(7), None]);
}

#[test]
fn what_is_wrong_is_named() {
    for (name, change) in [
        (
            "listen.mqtt",
            (|a: &mut ServeArgs| a.listen_mqtt = Some("0.0.0.0:1883".into())) as fn(&mut ServeArgs),
        ),
        ("listen.http", |a| a.listen_http = Some("8080".into())),
        ("public_host", |a| a.public_host = Some("https://x".into())),
        ("--data", |a| a.data = None),
    ] {
        let mut args = args("d");
        change(&mut args);
        let error = Config::load(&args).expect_err(name).to_string();
        assert!(error.starts_with(name), "{error}");
    }
}

#[test]
fn the_type_of_device_keys() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("headwater.toml");
    let load = |text: &str| {
        std::fs::write(&path, text).expect("written");
        let mut args = args("d");
        args.config = Some(path.clone());
        Config::load(&args).map(|config| config.device_keys)
    };
    assert_eq!(load("").ok(), Some(KeyType::Rsa2048));
    let p256 = load("[certificates]\ndevice_keys = 'p-256'\n");
    assert_eq!(p256.ok(), Some(KeyType::P256));
    let wrong = load("[certificates]\ndevice_keys = 'dsa'\n").expect_err("refused");
    assert!(wrong.to_string().contains("rsa-2048 or p-256"), "{wrong}");
}

#[test]
fn a_profile_and_what_is_set_beside_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("headwater.toml");
    std::fs::write(&path, "profile = 'aws'\n[limits]\nsubscriptions_max = 9\n").expect("written");
    let mut args = args("d");
    let standard = Config::load(&args).expect("a config");
    assert_eq!(
        (standard.connection.qos_max, standard.payload_bytes_max),
        (2, 256 << 10)
    );
    args.config = Some(path);
    let aws = Config::load(&args).expect("a config");
    assert_eq!(
        (aws.connection.qos_max, aws.payload_bytes_max),
        (1, 128 << 10)
    );
    assert_eq!(aws.connection.subscriptions_max, 9);
    args.profile = Some("standard".into());
    assert_eq!(Config::load(&args).expect("a config").connection.qos_max, 2);
    args.profile = Some("azure".into());
    let error = Config::load(&args).expect_err("no profile").to_string();
    assert!(error.contains("standard or aws"), "{error}");
}
