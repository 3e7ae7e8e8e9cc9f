// SPDX-License-Identifier: Apache-2.0
//! A client of MQTT introduces itself: one whole CONNECT, who it is, and then its connection moves
//! to its home shard. This is the way of doors that serve other protocols too, and of clients that
//! an authorizer must be asked about; the MQTT doors' own threads go it without a runtime.

pub(crate) mod admit;
pub(crate) mod greet;
pub(crate) mod refuse;

use std::sync::Arc;
use std::time::Duration;

use hw_broker::Handover;
use hw_broker::websocket::{WebSocket, code};
use hw_kernel::admission::{Authorized, Claims, HttpClaims, MqttClaims, Peer, PrincipalId};
use hw_model::Secret;
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Semaphore;

use crate::http_door::DoorStream;
use crate::mqtt_door::{Authorizing, DoorDeps, DoorSettings};
use greet::{Hello, greet, not_authorized};
use refuse::Ending;

/// Clients that introduce themselves this way at once.
const INTRODUCTIONS_MAX: usize = 4_096;

/// Bytes that frames and their controls may take on top of a CONNECT.
const FRAMES_BYTES_MAX: usize = 64 << 10;

/// How long a refused peer gets to read why.
const LINGER_SPAN: Duration = Duration::from_secs(1);

/// What introductions work with.
pub(crate) struct Desk {
    pub deps: DoorDeps,
    pub settings: DoorSettings,
    places: Semaphore,
}

/// How somebody is known.
pub(crate) enum Who {
    /// By what came before: a signed URL, a session.
    Known(Authorized),
    /// By the certificate of its TLS connection, which nobody has looked up yet.
    Certificate(Arc<[u8]>),
    /// An authorizer is to say.
    Unknown,
}

/// Somebody at the door.
pub(crate) struct Arrival {
    pub stream: DoorStream,
    /// Its frames, if it speaks MQTT in them.
    pub websocket: Option<Box<WebSocket>>,
    /// What was read of it already; frames, if there are any.
    pub opened: Vec<u8>,
    pub peer: Peer,
    pub who: Who,
    /// The request that asked for a WebSocket.
    pub http: Option<HttpClaims>,
}

impl Desk {
    /// With the ports and limits of a door.
    pub fn new(deps: DoorDeps, settings: DoorSettings) -> Self {
        Self {
            deps,
            settings,
            places: Semaphore::new(INTRODUCTIONS_MAX),
        }
    }

    /// Hears somebody out, and hands the connection over or ends it.
    pub async fn introduce(&self, arrival: Arrival) {
        let Arrival {
            stream,
            websocket,
            opened,
            peer,
            who,
            http,
        } = arrival;
        let mut introduction = Introduction {
            stream,
            websocket,
            received_bytes: opened.len(),
            opened,
        };
        let Ok(_place) = self.places.try_acquire() else {
            let cause = format!("more than {INTRODUCTIONS_MAX} clients introduce themselves");
            return self.note(&Ending::because(cause), &peer);
        };
        let span = self.settings.handshake_deadline;
        let heard = tokio::time::timeout(span, self.hear(&mut introduction, &peer, who, http));
        let heard = heard.await.unwrap_or_else(|_| {
            let seconds = span.as_secs();
            Err(Ending::because(format!(
                "no whole CONNECT within {seconds} s"
            )))
        });
        let handed = match heard {
            Ok((hello, authorized)) => self.hand_over(introduction, hello, authorized, &peer),
            Err(ending) => {
                self.note(&ending, &peer);
                if !ending.closed_by_peer {
                    let _ = tokio::time::timeout(LINGER_SPAN, introduction.farewell(&ending)).await;
                }
                return;
            }
        };
        if let Err(ending) = handed {
            self.note(&ending, &peer);
        }
    }

    /// Notes why somebody did not come in.
    pub fn note(&self, ending: &Ending, peer: &Peer) {
        if let Some(event) = ending.event(peer.address) {
            self.deps.events.emit(event);
        }
    }

    /// Who says who somebody is that brings no certificate, if anybody does.
    pub fn authorizers(&self, peer: &Peer) -> Option<&Authorizing> {
        self.deps.authorizers(self.takes_passwords(peer))
    }

    /// In clear a password would be everybody's.
    fn takes_passwords(&self, peer: &Peer) -> bool {
        self.settings.passwords && peer.tls
    }

    async fn hear(
        &self,
        introduction: &mut Introduction,
        peer: &Peer,
        who: Who,
        http: Option<HttpClaims>,
    ) -> Result<(Hello, Authorized), Ending> {
        // Looked up first: who is refused anyway need not be listened to.
        let known = match who {
            Who::Known(authorized) => Some(authorized),
            Who::Certificate(der) => Some(self.by_certificate(der, peer).await?),
            Who::Unknown => None,
        };
        let bytes_max = self.settings.connect_packet_bytes_max;
        let mut hello = introduction
            .connect(bytes_max)
            .await
            .map_err(|ending| match &known {
                Some(known) => ending.of(&known.principal),
                None => ending,
            })?;
        if hello.client_id.is_none() {
            let is_named = |it: &Authorized| matches!(it.principal.id, PrincipalId::Named(_));
            let kind = match known.as_ref().is_some_and(is_named) {
                true => admit::VIEWER,
                false => admit::DEVICE,
            };
            hello.client_id = Some(admit::assigned_client_id(kind, self.deps.random())?);
        }
        let authorized = match known {
            Some(known) => known,
            None => self.authorize(introduction, peer, http, &hello).await?,
        };
        Ok((hello, authorized))
    }

    /// Looks a proved certificate up.
    pub async fn by_certificate(&self, der: Arc<[u8]>, peer: &Peer) -> Result<Authorized, Ending> {
        let (admission, name) = (self.deps.admission.clone(), peer.server_name.clone());
        // It waits for the catalog.
        let found = tokio::task::spawn_blocking(move || {
            let der = CertificateDer::from(der.as_ref());
            admit::by_certificate(admission.as_ref(), Some(&der), name.as_deref())
        });
        let principal = found
            .await
            .map_err(|_| Ending::because("internal error"))??;
        Ok(Authorized {
            principal,
            span_max: None,
        })
    }

    async fn authorize(
        &self,
        introduction: &Introduction,
        peer: &Peer,
        http: Option<HttpClaims>,
        hello: &Hello,
    ) -> Result<Authorized, Ending> {
        let client_id = hello.client_id.clone();
        let refuse = |refusal| Ending {
            client_id: client_id.clone(),
            answer: not_authorized(hello.version),
            ..Ending::refused(refusal)
        };
        let nobody = || Ending {
            answer: not_authorized(hello.version),
            client_id: client_id.clone(),
            ..Ending::because("no client certificate")
        };
        let authorizing = self.authorizers(peer).ok_or_else(nobody)?;
        let packet = &introduction.opened[..hello.packet_bytes];
        let packet = hw_mqtt::connect::decode(packet);
        let packet = packet.map_err(|error| Ending::because(error.to_string()))?;
        let claims = Claims {
            address: peer.address.ip().to_canonical(),
            server_name: peer.server_name.clone(),
            tls: peer.tls,
            passwords: self.takes_passwords(peer),
            http,
            mqtt: Some(MqttClaims {
                user_name: packet.user_name.map(str::to_owned),
                password: packet.password.map(|bytes| Secret::new(bytes.to_vec())),
                client_id: client_id.clone().unwrap_or_default(),
            }),
        };
        let authorized = authorizing.authorizers.authorize(claims).await;
        authorized.map_err(refuse)
    }

    fn hand_over(
        &self,
        introduction: Introduction,
        hello: Hello,
        authorized: Authorized,
        peer: &Peer,
    ) -> Result<(), Ending> {
        let Introduction {
            stream,
            mut websocket,
            mut opened,
            ..
        } = introduction;
        let parts = stream.into_parts();
        let mut parts = parts.map_err(|error| Ending::because(error.to_string()))?;
        let from = opened.len();
        opened.append(&mut parts.opened);
        if let Some(websocket) = &mut websocket {
            let taken = websocket.open(&mut opened, from);
            taken.map_err(|fault| Ending::because(fault.to_string()))?;
        }
        let behind = opened.split_off(hello.packet_bytes);
        let now = self.deps.clock.monotonic();
        self.deps.broker.adopt(Handover {
            socket: parts.socket,
            tls: parts.tls,
            websocket,
            sealed: parts.sealed,
            opened: behind,
            unsent: parts.unsent,
            connect: opened,
            client_id: hello.client_id.unwrap_or_default(),
            principal: authorized.principal,
            peer: peer.address,
            server_name: peer.server_name.clone(),
            until: authorized.span_max.map(|span| now + span),
        });
        Ok(())
    }
}

/// A connection whose CONNECT is under way.
struct Introduction {
    stream: DoorStream,
    websocket: Option<Box<WebSocket>>,
    /// What has come of MQTT, out of its frames.
    opened: Vec<u8>,
    received_bytes: usize,
}

impl Introduction {
    async fn connect(&mut self, bytes_max: usize) -> Result<Hello, Ending> {
        self.open_frames(0).await?;
        loop {
            if let Some(hello) = greet(&self.opened, bytes_max)? {
                return Ok(hello);
            }
            let from = self.opened.len();
            self.opened.reserve(1 << 10);
            let read = self.stream.read_buf(&mut self.opened).await;
            let tried = self.received_bytes > 0;
            let gone = |cause: String| Ending::gone(tried, cause);
            let count = read.map_err(|error| gone(format!("before its CONNECT: {error}")))?;
            if count == 0 {
                return Err(gone("the peer closed before its CONNECT".into()));
            }
            self.received_bytes += count;
            if self.received_bytes > bytes_max + FRAMES_BYTES_MAX {
                return Err(Ending::because("too many bytes before a CONNECT"));
            }
            self.open_frames(from).await?;
        }
    }

    async fn open_frames(&mut self, from: usize) -> Result<(), Ending> {
        let Some(websocket) = &mut self.websocket else {
            return Ok(());
        };
        match websocket.open(&mut self.opened, from) {
            Err(fault) => return Err(Ending::because(fault.to_string())),
            Ok(true) => return Err(Ending::gone(true, "the peer closed before its CONNECT")),
            Ok(false) => {}
        }
        if websocket.has_pending() {
            let mut pong = Vec::new();
            websocket.seal(&[], &mut pong);
            let said = self.stream.write_all(&pong).await;
            said.map_err(|error| Ending::gone(true, format!("before its CONNECT: {error}")))?;
        }
        Ok(())
    }

    /// Says good-bye, and waits until the peer has heard it.
    async fn farewell(mut self, ending: &Ending) {
        let mut out = Vec::new();
        match &mut self.websocket {
            Some(websocket) => {
                websocket.seal(&ending.answer, &mut out);
                websocket.close(code::POLICY, &mut out);
            }
            None => out.extend_from_slice(&ending.answer),
        }
        let mut said = self.stream.write_all(&out).await;
        if said.is_ok() {
            said = self.stream.shutdown().await;
        }
        let mut bin = [0; 512];
        while said.is_ok() && matches!(self.stream.read(&mut bin).await, Ok(count) if count > 0) {}
    }
}
