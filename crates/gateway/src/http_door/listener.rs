// SPDX-License-Identifier: Apache-2.0
//! A TCP listener for HTTP, with or without TLS. Behind TLS devices may speak MQTT too: what they
//! said by ALPN tells, or their first byte.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use hw_kernel::Shutdown;
use hw_kernel::admission::Peer;
use hw_session::pace::Pace;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::{DoorStream, HTTP_CONNECTIONS_MAX, TLS_HANDSHAKE_DEADLINE, connection};
use crate::introduce::{Arrival, Desk, Who};
use crate::proxy::{PREFIX_BYTES, ProxyRanges, parse};
use crate::tls::{Hello, HttpsTls, Wish};

/// First byte of a CONNECT; no method of HTTP begins with it.
const CONNECT: u8 = 0x10;

/// A bound door that is not serving yet.
pub struct HttpDoor {
    listener: TcpListener,
    tls: Option<HttpsTls>,
    proxies: ProxyRanges,
    accepts_per_second_max: u32,
}

/// What stands behind a door.
#[derive(Clone)]
struct Behind {
    tls: Option<HttpsTls>,
    proxies: ProxyRanges,
    router: Router,
    /// Where clients of MQTT introduce themselves.
    mqtt: Option<Arc<Desk>>,
    shutdown: Shutdown,
}

impl HttpDoor {
    /// Binds. With `tls` it is an HTTPS door.
    pub async fn bind(addr: SocketAddr, tls: Option<HttpsTls>) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        Ok(Self {
            listener,
            tls,
            proxies: ProxyRanges::default(),
            accepts_per_second_max: 0,
        })
    }

    /// Accepts so many connections a second, after as many at once; the others wait in the backlog, in
    /// the order they came. 0: any.
    pub fn at_most_a_second(mut self, connections: u32) -> Self {
        self.accepts_per_second_max = connections;
        self
    }

    /// With proxies that say who is behind them.
    pub fn behind(mut self, proxies: ProxyRanges) -> Self {
        self.proxies = proxies;
        self
    }

    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until shutdown begins, then lets open requests end. `mqtt` takes devices that speak
    /// MQTT here; without it they are closed.
    pub async fn run(self, router: Router, mqtt: Option<super::MqttHere>, shutdown: Shutdown) {
        let places = Arc::new(Semaphore::new(HTTP_CONNECTIONS_MAX));
        let mut connections = tokio::task::JoinSet::new();
        let behind = Behind {
            tls: self.tls,
            proxies: self.proxies,
            router,
            mqtt: mqtt.map(|mqtt| mqtt.0),
            shutdown: shutdown.clone(),
        };
        let (began, mut pace, per_second) =
            (Instant::now(), Pace::default(), self.accepts_per_second_max);
        loop {
            let place = Arc::clone(&places).acquire_owned().await;
            if let Some(until) = pace.rest(began.elapsed()) {
                tokio::select! {
                    () = shutdown.begun() => break,
                    () = tokio::time::sleep_until((began + until).into()) => {}
                }
            }
            let accepted = tokio::select! {
                () = shutdown.begun() => break,
                accepted = self.listener.accept() => accepted,
            };
            while connections.try_join_next().is_some() {}
            match accepted {
                Ok((stream, peer)) => {
                    pace.charge(began.elapsed(), 1, per_second);
                    let behind = behind.clone();
                    connections.spawn(async move {
                        behind.handle(stream, peer).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    // Out of file descriptors, mostly: wait rather than spin.
                    tracing::warn!(%error, "an HTTP connection could not be accepted");
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
            }
        }
        while connections.join_next().await.is_some() {}
    }
}

impl Behind {
    async fn handle(self, mut socket: TcpStream, address: SocketAddr) {
        let _ = socket.set_nodelay(true);
        let mut address = address;
        if self.proxies.contains(address.ip()) {
            let header = tokio::time::timeout(TLS_HANDSHAKE_DEADLINE, behind_proxy(&mut socket));
            match header.await {
                Ok(Ok(source)) => address = source.unwrap_or(address),
                Ok(Err(why)) => {
                    return tracing::warn!(client.address = %address, why, "a listed proxy is refused");
                }
                Err(_) => {
                    return tracing::warn!(client.address = %address, "a listed proxy sent no header");
                }
            }
        }
        let mut peer = Peer {
            address,
            tls: false,
            server_name: None,
            certificate: None,
        };
        let Some(tls) = &self.tls else {
            let stream = DoorStream::plain(socket, Vec::new());
            return connection::serve(stream, Some(peer), self.router, self.shutdown).await;
        };
        let shaken = tokio::time::timeout(TLS_HANDSHAKE_DEADLINE, shake_hands(socket, tls));
        let shaken = tokio::select! {
            () = self.shutdown.begun() => return,
            shaken = shaken => shaken,
        };
        let (stream, hello, first) = match shaken {
            Ok(Ok(shaken)) => shaken,
            Ok(Err(why)) => {
                return tracing::debug!(client.address = %address, why, "a TLS handshake failed");
            }
            Err(_) => {
                return tracing::debug!(client.address = %address, "a TLS handshake took too long");
            }
        };
        (peer.tls, peer.server_name) = (true, hello.server_name);
        peer.certificate = stream.certificate();
        let who = match hello.wish {
            Wish::MqttAuthorizer => Who::Unknown,
            Wish::MqttCertificate | Wish::Unsaid if first == Some(CONNECT) => {
                let certificate = peer.certificate.clone();
                certificate.map_or(Who::Unknown, Who::Certificate)
            }
            // What an ACME server wanted to see was the certificate.
            Wish::MqttCertificate | Wish::Challenge => return,
            Wish::Http | Wish::HttpCertificate | Wish::Unsaid => {
                return connection::serve(stream, Some(peer), self.router, self.shutdown).await;
            }
        };
        let Some(desk) = &self.mqtt else { return };
        let arrival = Arrival {
            stream,
            websocket: None,
            opened: Vec::new(),
            peer,
            who,
            http: None,
        };
        tokio::select! {
            () = self.shutdown.begun() => {}
            () = desk.introduce(arrival) => {}
        }
    }
}

/// Who is behind a proxy; not a byte more is read.
async fn behind_proxy(socket: &mut TcpStream) -> Result<Option<SocketAddr>, String> {
    let mut header = vec![0; PREFIX_BYTES];
    let read = socket.read_exact(&mut header).await;
    read.map_err(|error| error.to_string())?;
    loop {
        if let Some(found) = parse(&header).map_err(|bad| bad.to_string())? {
            return Ok(found.source);
        }
        let rest_bytes = usize::from(u16::from_be_bytes([header[14], header[15]]));
        header.resize(PREFIX_BYTES + rest_bytes, 0);
        let read = socket.read_exact(&mut header[PREFIX_BYTES..]).await;
        read.map_err(|error| error.to_string())?;
    }
}

/// The connection, its hello, and its first byte where that decides.
async fn shake_hands(
    socket: TcpStream,
    tls: &HttpsTls,
) -> Result<(DoorStream, Hello, Option<u8>), String> {
    let (session, at_hand) = tls.session().map_err(|error| error.to_string())?;
    let stream = DoorStream::handshake(socket, session, Vec::new()).await;
    let mut stream = stream.map_err(|error| error.to_string())?;
    let hello = std::mem::take(&mut at_hand.lock().hello);
    let first = match hello.wish {
        Wish::Unsaid | Wish::MqttCertificate => stream.first_byte().await,
        _ => Ok(None),
    };
    Ok((stream, hello, first.map_err(|error| error.to_string())?))
}
