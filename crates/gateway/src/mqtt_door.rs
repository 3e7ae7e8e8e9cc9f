// SPDX-License-Identifier: Apache-2.0
//! The MQTT doors: accept, TLS handshake, client certificate, one whole CONNECT; then the
//! connection moves to its home shard. Bounded in threads, time, count and bytes.

mod door_thread;
mod guest;
mod listener;
mod turns;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use hw_broker::Broker;
use hw_kernel::admission::Authorizers;
use hw_kernel::{Admission, Clock, EventSink};
use parking_lot::Mutex;
use rustls::crypto::SecureRandom;
use tokio::runtime::Handle;

use crate::proxy::ProxyRanges;
use crate::tls::ServerIdentity;

/// How a door knows its peers.
#[derive(Debug, Clone)]
pub enum Security {
    /// TLS 1.2 or 1.3 with a client certificate.
    Tls(ServerIdentity),
    /// No TLS: everybody is [`Admission::anonymous`].
    Plain,
}

/// Limits of one door.
#[derive(Debug, Clone)]
pub struct DoorSettings {
    /// Threads that shake hands.
    pub threads: usize,
    /// Time from accept to a whole CONNECT.
    pub handshake_deadline: Duration,
    /// Connections that each thread accepts in a second, once one second's worth has come at once;
    /// the others wait in the backlog. 0: any.
    pub accepts_per_second_max: u32,
    /// Connections that have not sent a whole CONNECT; beyond it the oldest is dropped.
    pub handshakes_open_max: usize,
    /// Bytes of a CONNECT packet, will and all.
    pub connect_packet_bytes_max: usize,
    /// Connections that wait in the kernel to be accepted.
    pub backlog: i32,
    /// Proxies that say who is behind them.
    pub proxies: ProxyRanges,
    /// Whether clients may come in with user name and password, where there is TLS.
    pub passwords: bool,
}

impl Default for DoorSettings {
    fn default() -> Self {
        Self {
            threads: 1,
            handshake_deadline: Duration::from_secs(10),
            accepts_per_second_max: 0,
            handshakes_open_max: 4_096,
            connect_packet_bytes_max: 256 << 10,
            backlog: 4_096,
            proxies: ProxyRanges::default(),
            passwords: false,
        }
    }
}

/// What a door works with.
#[derive(Clone)]
pub struct DoorDeps {
    /// Takes the connections.
    pub broker: Arc<Broker>,
    /// Knows the certificates.
    pub admission: Arc<dyn Admission>,
    /// Lets in who has no certificate; `None`: nobody does.
    pub authorizing: Option<Authorizing>,
    /// Hears of every refusal.
    pub events: Arc<dyn EventSink>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// Authorizers, and where they are waited for.
#[derive(Clone)]
pub struct Authorizing {
    /// Say who somebody is.
    pub authorizers: Arc<dyn Authorizers>,
    /// Runs what waits for them.
    pub runtime: Handle,
}

impl DoorDeps {
    /// The authorizers, if anybody could be let in by them now.
    pub(crate) fn authorizers(&self, passwords: bool) -> Option<&Authorizing> {
        let authorizing = self.authorizing.as_ref();
        authorizing.filter(|it| it.authorizers.are_there(passwords))
    }

    /// Random bits.
    pub(crate) fn random(&self) -> &'static dyn SecureRandom {
        crate::tls::provider().secure_random
    }
}

/// An open door. Dropping it closes it.
#[derive(Debug)]
pub struct MqttDoor {
    local_addr: SocketAddr,
    stop: Arc<AtomicBool>,
    wakers: Vec<Arc<mio::Waker>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl MqttDoor {
    /// Binds and starts the handshake threads. Port 0 picks one.
    pub fn bind(
        addr: SocketAddr,
        security: Security,
        settings: DoorSettings,
        deps: DoorDeps,
    ) -> io::Result<Self> {
        let listener = listener::bind(addr, settings.backlog)?;
        let local_addr = listener.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let (mut wakers, mut threads) = (Vec::new(), Vec::new());
        for number in 0..settings.threads.max(1) {
            let thread = door_thread::DoorThread::new(
                listener.try_clone()?,
                &security,
                settings.clone(),
                deps.clone(),
                stop.clone(),
            )?;
            wakers.push(thread.waker());
            let named = std::thread::Builder::new().name(format!("mqtt-door-{number}"));
            threads.push(named.spawn(move || thread.run())?);
        }
        Ok(Self {
            local_addr,
            stop,
            wakers,
            threads: Mutex::new(threads),
        })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Closes it: half-open connections are dropped, the threads have ended when this returns.
    pub fn close(&self) {
        self.stop.store(true, Ordering::SeqCst);
        for waker in &self.wakers {
            if let Err(error) = waker.wake() {
                tracing::warn!(%error, "a door thread can't be woken");
            }
        }
        for thread in self.threads.lock().drain(..) {
            if thread.join().is_err() {
                tracing::error!("a door thread has panicked");
            }
        }
    }
}

impl Drop for MqttDoor {
    fn drop(&mut self) {
        self.close();
    }
}
