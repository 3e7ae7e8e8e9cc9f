// SPDX-License-Identifier: Apache-2.0
//! `simulate device`: one made-up device, with the credentials of a real one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::RangedU64ValueParser;
use clap::{ArgGroup, Args};
use hw_kernel::shutdown;
use hw_model::Secret;

use crate::cli::kept::file;
use crate::cli::{Failure, block_on, device_tls, ended, note, print_line, span};
use crate::client::HostPort;
use crate::simulate::MqttError;
use crate::simulate::one_device::{OneDevice, Told};

/// One made-up device, with credentials that you have: no server of your own is needed
///
/// It speaks MQTT over TLS as its thing does, and publishes temperature, humidity and battery at QoS 1
/// until Ctrl-C. Each payload is printed when the server has acknowledged it. A connection that breaks
/// later is made again.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("proof").required(true).args(["cert", "user"])))]
#[command(after_help = "\
Examples:
  headwater things credentials pump-7 --out pump-7 --data ./data && cd pump-7
  headwater simulate device --name pump-7 --ca ca.pem --cert device.pem --key device.key
  headwater simulate device --name pump-8 --host water.example --port 8443 --ca ca.pem \\
      --user pump-8 --password-file password --every 5s --count 10

Passwords are taken by the HTTPS port, and by the MQTT port where that is set.")]
pub struct Device {
    /// Thing name: its client id, and a part of its topic
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The server, by a name in its certificate
    #[arg(long, default_value = "localhost", value_name = "HOST")]
    host: String,
    /// Port that speaks MQTT over TLS
    #[arg(long, default_value_t = 8883, value_name = "PORT")]
    port: u16,
    /// Whom it trusts (PEM) [default: the system's authorities]
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Its certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// User name, in the place of a certificate
    #[arg(long, value_name = "NAME", requires = "password_file")]
    user: Option<String>,
    /// File with its password; `-` is stdin
    #[arg(long, value_name = "FILE", requires = "user")]
    password_file: Option<PathBuf>,
    /// Topic [default: devices/NAME/telemetry]
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,
    /// Time between two messages, as 500ms, 1s or 5m
    #[arg(long, default_value = "1s", value_name = "SPAN", value_parser = span::parse)]
    every: Duration,
    /// End when so many messages are acknowledged
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<u64>::new().range(1..))]
    count: Option<u64>,
}

impl Device {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let own = self.cert.as_deref().zip(self.key.as_deref());
        let user = match (&self.user, self.password_file.as_deref()) {
            (Some(name), Some(path)) => Some((name.clone(), password(path)?)),
            _ => None,
        };
        let topic = self.topic.clone();
        let device = OneDevice {
            door: HostPort {
                host: self.host.clone(),
                port: self.port,
            },
            tls: device_tls::config(self.ca.as_deref(), own)?,
            client_id: self.name.clone(),
            user,
            topic: topic.unwrap_or_else(|| format!("devices/{}/telemetry", self.name)),
            every: self.every,
            count: self.count,
        };
        block_on(async {
            let (stop, shutdown) = shutdown::channel();
            tokio::spawn(async move {
                if let Err(failure) = ended().await {
                    note(&failure.to_string());
                }
                stop.begin();
            });
            let told = |told: Told<'_>| match told {
                Told::Connected => note(&format!(
                    "{} is connected to {}:{} and publishes to {}. Ctrl-C ends it.",
                    device.client_id, device.door.host, device.door.port, device.topic
                )),
                // Nobody reading is fine.
                Told::Acknowledged(payload) => drop(print_line(payload)),
                Told::Lost(error, wait) => note(&format!(
                    "Connection lost: {error}. Again in {:.1} s.",
                    wait.as_secs_f64()
                )),
            };
            let done = device.run(&shutdown, &told).await;
            let done = done.map_err(|error| self.why(&device, &error))?;
            note(&format!("{done} messages acknowledged."));
            Ok(())
        })
    }

    /// What to do about it.
    fn why(&self, device: &OneDevice, error: &MqttError) -> Failure {
        let (host, port) = (&self.host, self.port);
        match error {
            MqttError::Refused(_) => Failure::denied(format!(
                "{host}:{port} does not let {} in: {error}; `headwater explain --client {}` on the \
                 server says why",
                self.name, self.name
            )),
            MqttError::Closed => Failure::denied(format!(
                "{host}:{port} closed the connection before it acknowledged anything: may {} connect, \
                 and publish to {}? `headwater explain --client {}` on the server says why",
                self.name, device.topic, self.name
            )),
            _ => Failure::failed(format!("no connection to {host}:{port}: {error}")),
        }
    }
}

/// All of a file, without the line break at its end.
fn password(path: &Path) -> Result<Secret, Failure> {
    let text = file::text(path)?;
    Ok(Secret::from(text.trim_end_matches(['\r', '\n'])))
}
