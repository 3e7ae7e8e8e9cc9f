// SPDX-License-Identifier: Apache-2.0
//! `bench`: a load on a broker, and what it did with it.

mod broker;
mod shown;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use hw_kernel::Clock;
use hw_kernel::port::clock::SystemClock;
use hw_mqtt::Qos;

use super::paint::Paint;
use super::server::ServerArgs;
use super::{Failure, block_on, ended, note, print, print_line};
use crate::bench::{self, Door, Plan, Progress};

/// Load an MQTT broker: rates, latencies, what is lost, doubled or out of order
///
/// Publishers send at a steady rate, each to a topic of its own; every subscriber gets everything.
/// Latency is counted from when a message was due, so that a broker that stalls can't hide it.
///
/// Without an address the server of --data or --url is loaded, by mutual TLS with a certificate that
/// is made for the run and removed behind it. Its messages are kept as any others are.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater bench --data ./data
  headwater bench --publishers 200 --rate 5 --subscribers 3 --qos 0 --data ./data
  headwater bench mqtt://localhost:1883 --rate 0 --qos 1
  headwater bench mqtts://iot.example.org:8883 --cert meter.pem --key meter.key --ca ca.pem --json

The exit code is 1 if a message was lost (QoS 1 and 2), doubled (QoS 2), out of order, or a client
broke. The load is made on this machine: next to a broker, both share its cores.")]
pub struct Bench {
    /// mqtt://HOST:PORT or mqtts://HOST:PORT of any broker
    #[arg(value_name = "BROKER")]
    broker: Option<String>,
    /// Clients that publish
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    publishers: u32,
    /// Clients that subscribe to all of it
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(0..=20_000))]
    subscribers: u32,
    /// Messages a second of each publisher; 0: as fast as it goes
    #[arg(long, value_name = "N", default_value_t = 100.0)]
    rate: f64,
    /// Quality of service, of messages and subscriptions
    #[arg(long, value_name = "QOS", default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=2))]
    qos: u8,
    /// Bytes of a payload: 64 at least
    #[arg(long, value_name = "BYTES", default_value_t = 128, value_parser = clap::value_parser!(u32).range(64..=1_000_000))]
    size: u32,
    /// How long to publish, as 10s or 5m
    #[arg(long = "for", value_name = "SPAN", default_value = "10s", value_parser = super::span::parse)]
    span: Duration,
    /// What topics begin with; the run's name and a number follow
    #[arg(long, value_name = "TOPIC", default_value = "bench", value_parser = topic)]
    topic: String,
    /// Subscribers share the messages between them ($share)
    #[arg(long)]
    shared: bool,
    /// Messages of QoS 1 and 2 that a publisher has out at once
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    in_flight: u32,
    /// Client certificate for mqtts:// (PEM)
    #[arg(long, value_name = "FILE", requires = "key", requires = "broker")]
    cert: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// Print the figures as JSON for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

fn topic(text: &str) -> Result<String, String> {
    let topic = text.trim_end_matches('/');
    hw_model::topic::check_name(topic).map_err(|bad| bad.to_string())?;
    if topic.starts_with('$') {
        return Err("topics that begin with $ are the broker's".to_owned());
    }
    Ok(topic.to_owned())
}

impl Bench {
    pub(super) fn run(&self) -> Result<(), Failure> {
        block_on(async {
            let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
            let name = format!("bench-{:x}", clock.now().0 / 1_000);
            let report = match &self.broker {
                Some(broker) => {
                    let ca = self.server.ca.as_deref();
                    let own = self.cert.as_deref().zip(self.key.as_deref());
                    self.load(broker::named(broker, ca, own)?, name).await?
                }
                None => {
                    let client = self.server.client()?;
                    let made = broker::certified(&client, clock, &name, &self.topic).await?;
                    let (door, temporary) = made;
                    let loaded = self.load(door, name).await;
                    if let Err(error) = temporary.remove(&client).await {
                        note(&format!("the run's certificate is not removed: {error}"));
                    }
                    loaded?
                }
            };
            match self.json {
                true => {
                    let json = serde_json::to_string_pretty(&report);
                    let json = json.map_err(|error| Failure::failed(error.to_string()))?;
                    print_line(&json)?;
                }
                false => print(&shown::report(&report, Paint::for_stdout()))?,
            }
            let bad = (self.qos > 0 && report.lost > 0)
                || (self.qos == 2 && report.doubled > 0)
                || report.out_of_order > 0
                || report.broken > 0;
            match bad {
                true => Err(Failure::said(super::exit::Exit::Failed)),
                false => Ok(()),
            }
        })
    }

    async fn load(&self, door: Door, name: String) -> Result<bench::Report, Failure> {
        let plan = Plan {
            door,
            publishers: self.publishers,
            subscribers: self.subscribers,
            rate: self.rate.max(0.0),
            qos: match self.qos {
                0 => Qos::AtMostOnce,
                1 => Qos::AtLeastOnce,
                _ => Qos::ExactlyOnce,
            },
            payload_bytes: self.size as usize,
            span: self.span,
            topic: self.topic.clone(),
            shared: self.shared,
            in_flight_max: self.in_flight as usize,
            name,
        };
        let (publishers, subscribers) = (plan.publishers, plan.subscribers);
        note(&format!(
            "{publishers} publishers and {subscribers} subscribers at {}:{}, topics {}",
            plan.door.at.host,
            plan.door.at.port,
            plan.filter(),
        ));
        let (mut second, mut before) = (0, Progress::default());
        let told = move |now: Progress| {
            second += 1;
            note(&shown::second(second, before, now));
            before = now;
        };
        tokio::select! {
            loaded = bench::run(plan, told) => {
                loaded.map_err(|error| Failure::failed(error.to_string()))
            }
            ended = ended() => {
                ended?;
                Err(Failure::failed("ended before the run was over"))
            }
        }
    }
}
