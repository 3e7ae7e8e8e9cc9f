// SPDX-License-Identifier: Apache-2.0
//! mqttload: a cheap single-threaded epoll load generator for MQTT 3.1.1 brokers.
//! One scenario per run, one JSON line on stdout. See README.md.
mod codec;
mod flood;
mod hist;
mod idle;
mod load;
mod payload;
mod procfs;
mod reconnect;
mod sys;
mod tls;
mod wire;
mod world;

use std::collections::HashMap;
use std::net::SocketAddr;

#[derive(Clone, Debug)]
pub struct Args {
    pub addr: SocketAddr,
    pub pid: i32,
    pub scen: String,
    pub pubs: usize,
    pub subs: usize,
    pub window: usize,
    pub payload: usize,
    pub form: payload::Form,
    pub qos: u8,
    pub rate: f64,
    pub n: usize,
    pub warm: f64,
    pub secs: f64,
    pub ca: String,
    pub cert: String,
    pub key: String,
    pub label: String,
    pub conc: usize,
    /// a, d: topics that each publisher goes through, message by message.
    pub topics: u8,
    /// Mutual TLS instead of plain TCP.
    pub tls: bool,
    /// e: bytes of the message that each connection then sends itself; 0 is none.
    pub large: usize,
    /// flood: which, and of malformed packets which.
    pub flood: String,
    pub kind: String,
}

fn main() {
    sys::raise_file_limit();
    let mut kv: HashMap<String, String> = HashMap::new();
    let argv: Vec<String> = std::env::args().skip(1).collect();
    let mut i = 0;
    while i + 1 < argv.len() {
        kv.insert(
            argv[i].trim_start_matches("--").to_string(),
            argv[i + 1].clone(),
        );
        i += 2;
    }
    let scen = kv.get("scen").cloned().unwrap_or_else(|| usage());
    // scenario defaults: (pubs, subs, window per publisher, qos, rate, n)
    let d: (usize, usize, usize, u8, f64, usize) = match scen.as_str() {
        "a0" => (100, 1, 10, 0, 0.0, 0),          // fan-in QoS 0
        "a1" => (100, 1, 10, 1, 0.0, 0),          // fan-in QoS 1
        "b0" => (1, 500, 4, 0, 0.0, 0),           // fan-out QoS 0
        "b1" => (1, 500, 4, 1, 0.0, 0),           // fan-out QoS 1
        "c1" => (500, 500, 2, 1, 0.0, 0),         // pairs QoS 1
        "c0" => (500, 500, 2, 0, 0.0, 0),         // pairs QoS 0 (extra)
        "d1" => (200, 0, 10, 1, 0.0, 0),          // ingest, nobody listening
        "e" => (0, 0, 0, 0, 0.0, 19_500),         // idle connections, one subscription each
        "f" => (100, 100, 0, 1, 5000.0, 0),       // fixed rate, 1:1, QoS 1
        "g" => (0, 0, 0, 0, 0.0, 1000),           // mutual TLS handshakes, kept open
        "reconnect" => (0, 0, 0, 1, 0.0, 10_000), // back after a restart
        "flood" => (0, 0, 0, 0, 0.0, 0),          // see flood/scripts.rs
        _ => usage(),
    };
    let g = |k: &str| kv.get(k).cloned();
    let num = |k: &str, d: f64| g(k).map(|v| v.parse().expect("number")).unwrap_or(d);
    let form = g("payload").unwrap_or("raw".into());
    let form = payload::Form::parse(&form).unwrap_or_else(|| usage());
    let a = Args {
        addr: g("addr")
            .unwrap_or("127.0.0.1:1883".into())
            .parse()
            .expect("addr host:port"),
        pid: num("pid", 0.0) as i32,
        pubs: num("pubs", d.0 as f64) as usize,
        subs: num("subs", d.1 as f64) as usize,
        window: num("window", d.2 as f64) as usize,
        payload: (num("size", 200.0) as usize).max(form.size_min()),
        form,
        qos: num("qos", d.3 as f64) as u8,
        rate: num("rate", d.4),
        n: num("n", d.5 as f64) as usize,
        warm: num("warm", 1.0),
        secs: num("secs", 4.0),
        ca: g("ca").unwrap_or("tls/ca.pem".into()),
        cert: g("cert").unwrap_or("tls/client.pem".into()),
        key: g("key").unwrap_or("tls/client.key".into()),
        label: g("label").unwrap_or_default(),
        conc: num("conc", 0.0) as usize,
        topics: (num("topics", 1.0) as u8).clamp(1, 26),
        tls: g("tls").is_some_and(|v| v == "yes"),
        large: num("large", 0.0) as usize,
        flood: g("flood").unwrap_or_default(),
        kind: g("kind").unwrap_or_default(),
        scen,
    };
    match a.scen.as_str() {
        "e" => idle::idle(&a),
        "g" => tls::handshakes(&a),
        "reconnect" => reconnect::reconnect(&a),
        "flood" => flood::run(&a),
        _ => load::run(&a),
    }
}

fn usage() -> ! {
    eprintln!(
        "mqttload --scen a0|a1|b0|b1|c0|c1|d1|e|f|g|reconnect|flood --addr 127.0.0.1:1883 --pid BROKER_PID
  [--pubs N --subs N --window W --payload raw|json --size BYTES --qos Q --rate R --n N --warm S --secs S
   --conc C --topics T --tls yes --ca F --cert F --key F --large BYTES --flood NAME --kind NAME --label L]"
    );
    std::process::exit(2)
}
