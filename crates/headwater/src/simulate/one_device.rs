// SPDX-License-Identifier: Apache-2.0
//! One made-up device: it comes in with what a real one would, and says something at even intervals,
//! each time once the last is acknowledged.

use std::sync::Arc;
use std::time::Duration;

use hw_kernel::Shutdown;
use hw_model::Secret;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::client::TlsStream;

use super::backoff::Backoff;
use super::climate;
use super::mqtt_client::{Connection, MqttError};
use crate::client::{HostPort, handshake};

/// How long a server may take to acknowledge a message.
const SILENCE_SECONDS_MAX: u64 = 20;
const KEEP_ALIVE_S: u16 = 60;

/// Who it is, and what it says where.
pub struct OneDevice {
    /// The server, by the name that its certificate must have.
    pub door: HostPort,
    /// Whom it trusts, and its certificate if it has one.
    pub tls: Arc<ClientConfig>,
    /// MQTT client id.
    pub client_id: String,
    /// User name and password, if it has some.
    pub user: Option<(String, Secret)>,
    /// Where it publishes.
    pub topic: String,
    /// Time between two messages.
    pub every: Duration,
    /// How many messages; `None` is without end.
    pub count: Option<u64>,
}

/// What it tells while it runs.
#[derive(Debug)]
pub enum Told<'a> {
    /// The server has accepted it.
    Connected,
    /// The server has acknowledged this payload.
    Acknowledged(&'a str),
    /// The connection is lost; it tries again after this long.
    Lost(&'a MqttError, Duration),
}

/// How far it is.
struct Progress {
    began: Instant,
    /// Messages that the server has acknowledged.
    done: u64,
    packet_id: u16,
}

type Line = Connection<TlsStream<TcpStream>>;

impl OneDevice {
    /// Runs until its count is acknowledged, or until shutdown; how many were acknowledged. What was
    /// sent and not acknowledged is sent again after the next connect.
    ///
    /// # Errors
    /// The server can't be reached, refuses it, or ends the connection, before it has acknowledged
    /// anything; later it is patient.
    pub async fn run(
        &self,
        shutdown: &Shutdown,
        told: &(dyn Fn(Told<'_>) + Sync),
    ) -> Result<u64, MqttError> {
        let mut backoff = Backoff::new(u64::from(std::process::id()));
        let mut progress = Progress {
            began: Instant::now(),
            done: 0,
            packet_id: 0,
        };
        while !self.is_done(&progress) && !shutdown.has_begun() {
            let before = progress.done;
            let line = tokio::select! {
                () = shutdown.begun() => break,
                line = self.connect() => line,
            };
            let sent = match line {
                Ok(line) => self.send(line, &mut progress, (shutdown, told)).await,
                Err(error) => Err(error),
            };
            let Err(error) = sent else {
                break;
            };
            if progress.done == 0 {
                return Err(error);
            }
            if progress.done > before {
                backoff.reset();
            }
            let wait = backoff.wait();
            told(Told::Lost(&error, wait));
            shutdown.wait_for(tokio::time::sleep(wait)).await;
        }
        Ok(progress.done)
    }

    fn is_done(&self, progress: &Progress) -> bool {
        self.count.is_some_and(|count| progress.done >= count)
    }

    async fn connect(&self) -> Result<Line, MqttError> {
        let stream = TcpStream::connect((self.door.host.as_str(), self.door.port)).await?;
        let stream = handshake(stream, &self.door.host, self.tls.clone()).await?;
        let user = self.user.as_ref();
        let user = user.map(|(name, password)| (name.as_str(), password));
        Connection::open_as(stream, &self.client_id, KEEP_ALIVE_S, user).await
    }

    async fn send(
        &self,
        mut line: Line,
        progress: &mut Progress,
        (shutdown, told): (&Shutdown, &(dyn Fn(Told<'_>) + Sync)),
    ) -> Result<(), MqttError> {
        told(Told::Connected);
        let mut due = Instant::now();
        while !self.is_done(progress) {
            tokio::select! {
                biased;
                () = shutdown.begun() => break,
                waited = Self::wait(&mut line, due) => waited?,
            }
            let payload = climate::payload(progress.began.elapsed().as_secs_f64());
            progress.packet_id = progress.packet_id.checked_add(1).unwrap_or(1);
            line.publish(progress.packet_id, &self.topic, payload.as_bytes())
                .await?;
            let limit = Duration::from_secs(SILENCE_SECONDS_MAX);
            let answer = timeout(limit, line.acknowledged()).await;
            answer.unwrap_or(Err(MqttError::Silent(SILENCE_SECONDS_MAX)))?;
            progress.done += 1;
            told(Told::Acknowledged(&payload));
            // No burst after a pause: what is late is left out.
            due = (due + self.every).max(Instant::now());
        }
        line.close().await
    }

    /// Waits, and says meanwhile that it is still there.
    async fn wait(line: &mut Line, due: Instant) -> Result<(), MqttError> {
        loop {
            let ping = Instant::now() + Duration::from_secs(u64::from(KEEP_ALIVE_S) / 2);
            tokio::select! {
                biased;
                () = sleep_until(due) => return Ok(()),
                // Nothing is in flight: this ends only with the connection.
                answer = line.acknowledged() => drop(answer?),
                () = sleep_until(ping) => line.ping().await?,
            }
        }
    }
}
