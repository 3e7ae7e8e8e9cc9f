// SPDX-License-Identifier: Apache-2.0
//! One virtual meter: sends each reading when its time has come, keeps it until it is
//! acknowledged, and comes back when the connection is lost.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use hw_kernel::Shutdown;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::client::TlsStream;

use super::backoff::Backoff;
use super::minutes::{Minute, Minutes};
use super::mqtt_client::{Connection, MqttError};
use super::pace::Pace;
use super::payload;
use super::tally::{Notice, Tally};
use crate::client::{HostPort, handshake};

/// Readings sent and not acknowledged, at most.
const INFLIGHT_MESSAGES_MAX: usize = 32;
/// How long a server may acknowledge nothing while something is in flight.
const SILENCE_SECONDS_MAX: u64 = 20;
/// How long to wait for last acknowledgements when it is time to end.
const DRAIN_SECONDS_MAX: u64 = 2;
const KEEP_ALIVE_S: u16 = 60;

/// What all meters of a fleet share.
pub(super) struct Surroundings {
    pub(super) door: HostPort,
    pub(super) server_name: String,
    pub(super) pace: Pace,
    /// Lets so many meters shake hands at a time.
    pub(super) handshakes: Semaphore,
    pub(super) tally: Arc<Tally>,
    pub(super) notices: mpsc::Sender<Notice>,
    pub(super) shutdown: Shutdown,
}

/// A meter before it starts.
pub(super) struct Meter {
    pub(super) device: payload::Meter,
    pub(super) topic: String,
    pub(super) tls: Arc<ClientConfig>,
    pub(super) minutes: Minutes,
    /// Readings still to be sent; `None` is without end.
    pub(super) left: Option<u64>,
    pub(super) seed: u64,
}

/// A reading on its way.
struct Sent {
    packet_id: u16,
    payload: String,
}

/// A meter at work.
pub(super) struct Working {
    meter: Meter,
    around: Arc<Surroundings>,
    next: Option<Minute>,
    unacknowledged: VecDeque<Sent>,
    packet_id: u16,
    backoff: Backoff,
}

type Line = Connection<TlsStream<TcpStream>>;

impl Meter {
    pub(super) fn work(mut self, around: Arc<Surroundings>) -> Working {
        let next = if self.left == Some(0) {
            None
        } else {
            self.minutes.next()
        };
        let backoff = Backoff::new(self.seed);
        Working {
            meter: self,
            around,
            next,
            unacknowledged: VecDeque::new(),
            packet_id: 0,
            backoff,
        }
    }
}

impl Working {
    /// Runs until all is sent and acknowledged, or until shutdown.
    pub(super) async fn run(mut self) {
        while !self.around.shutdown.has_begun() {
            let Err(error) = self.connect_and_send().await else {
                return;
            };
            self.around.tally.lost();
            let retry_in = self.backoff.wait();
            let (meter, cause) = (self.meter.device.imei().to_owned(), error.to_string());
            self.tell(Notice::Lost {
                meter,
                cause,
                retry_in,
            })
            .await;
            self.around
                .shutdown
                .wait_for(tokio::time::sleep(retry_in))
                .await;
        }
    }

    async fn connect_and_send(&mut self) -> Result<(), MqttError> {
        let shutdown = self.around.shutdown.clone();
        let line = tokio::select! {
            () = shutdown.begun() => return Ok(()),
            line = self.connect() => line?,
        };
        self.around.tally.connected();
        self.tell(Notice::Connected {
            meter: self.meter.device.imei().to_owned(),
        })
        .await;
        let done = self.send_all(line).await;
        self.around.tally.disconnected();
        done
    }

    async fn connect(&self) -> Result<Line, MqttError> {
        let around = &self.around;
        let _turn = around
            .handshakes
            .acquire()
            .await
            .expect("the semaphore is never closed");
        let stream = TcpStream::connect((around.door.host.as_str(), around.door.port)).await?;
        let stream = handshake(stream, &around.server_name, self.meter.tls.clone()).await?;
        Connection::open(stream, self.meter.device.imei(), KEEP_ALIVE_S).await
    }

    async fn send_all(&mut self, mut line: Line) -> Result<(), MqttError> {
        // A clean session: what the last connection left unanswered is sent again.
        for sent in &self.unacknowledged {
            line.publish(sent.packet_id, &self.meter.topic, sent.payload.as_bytes())
                .await?;
        }
        let shutdown = self.around.shutdown.clone();
        let mut heard = Instant::now();
        let mut spoken = Instant::now();
        while self.next.is_some() || !self.unacknowledged.is_empty() {
            let waiting = !self.unacknowledged.is_empty();
            let room = self.unacknowledged.len() < INFLIGHT_MESSAGES_MAX;
            let due = self
                .next
                .filter(|_| room)
                .map(|minute| self.around.pace.due(minute.at));
            let silent = heard + Duration::from_secs(SILENCE_SECONDS_MAX);
            let ping = spoken + Duration::from_secs(u64::from(KEEP_ALIVE_S) / 2);
            tokio::select! {
                biased;
                () = shutdown.begun() => return self.drain(line).await,
                answer = line.acknowledged() => {
                    self.acknowledged(answer?);
                    heard = Instant::now();
                }
                () = sleep_until(due.unwrap_or(ping)), if due.is_some() => {
                    if !waiting {
                        heard = Instant::now();
                    }
                    self.send_next(&mut line).await?;
                    spoken = Instant::now();
                }
                () = sleep_until(silent), if waiting => {
                    return Err(MqttError::Silent(SILENCE_SECONDS_MAX));
                }
                () = sleep_until(ping) => {
                    line.ping().await?;
                    spoken = Instant::now();
                }
            }
        }
        line.close().await
    }

    async fn send_next(&mut self, line: &mut Line) -> Result<(), MqttError> {
        let Some(minute) = self.next else {
            return Ok(());
        };
        self.packet_id = self.packet_id.checked_add(1).unwrap_or(1);
        let payload = self.meter.device.payload(minute.pulses, minute.at);
        self.unacknowledged.push_back(Sent {
            packet_id: self.packet_id,
            payload,
        });
        self.meter.left = self.meter.left.map(|left| left.saturating_sub(1));
        self.next = if self.meter.left == Some(0) {
            None
        } else {
            self.meter.minutes.next()
        };
        self.around.tally.sent(minute.at);
        let sent = self
            .unacknowledged
            .back()
            .map_or("", |sent| sent.payload.as_str());
        line.publish(self.packet_id, &self.meter.topic, sent.as_bytes())
            .await
    }

    fn acknowledged(&mut self, packet_id: u16) {
        let found = self
            .unacknowledged
            .iter()
            .position(|sent| sent.packet_id == packet_id);
        if let Some(at) = found {
            self.unacknowledged.remove(at);
            self.around.tally.acknowledged();
            self.backoff.reset();
        }
    }

    /// Sends nothing new, waits a little for what is on its way, and leaves.
    async fn drain(&mut self, mut line: Line) -> Result<(), MqttError> {
        let limit = Duration::from_secs(DRAIN_SECONDS_MAX);
        let rest = timeout(limit, async {
            while !self.unacknowledged.is_empty() {
                let packet_id = line.acknowledged().await?;
                self.acknowledged(packet_id);
            }
            line.close().await
        });
        // At the end it matters no more how the connection ends.
        drop(rest.await);
        Ok(())
    }

    async fn tell(&self, notice: Notice) {
        // Nobody listening any more is fine.
        let _ = self.around.notices.send(notice).await;
    }
}
