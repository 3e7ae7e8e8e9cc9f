// SPDX-License-Identifier: Apache-2.0
//! MQTT over WebSocket: who asks for it is known or refused before the upgrade; after it the
//! connection leaves HTTP for its home shard.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Response, StatusCode};
use axum::routing::any;
use hw_broker::websocket::WebSocket;
use hw_kernel::admission::{Authorized, HttpClaims, Peer};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;

use super::upgrade::{Asked, refuse};
use super::{Credential, DoorStream, MqttHere};
use crate::introduce::refuse::Ending;
use crate::introduce::{Arrival, Desk, Who};

struct Waiter {
    desk: Arc<Desk>,
    credentials: Vec<Arc<dyn Credential>>,
}

/// A router of the path `/mqtt`; `credentials` are asked in order.
pub fn websocket(mqtt: &MqttHere, credentials: Vec<Arc<dyn Credential>>) -> Router {
    let waiter = Waiter {
        desk: mqtt.0.clone(),
        credentials,
    };
    Router::new()
        .route("/mqtt", any(serve))
        .with_state(Arc::new(waiter))
}

async fn serve(State(waiter): State<Arc<Waiter>>, request: Request) -> Response<Body> {
    let (mut parts, _) = request.into_parts();
    let asked = match Asked::of(&parts) {
        Ok(asked) => asked,
        Err(answer) => return *answer,
    };
    let (Some(peer), Some(upgrade)) = (
        parts.extensions.get::<Peer>().cloned(),
        parts.extensions.remove::<OnUpgrade>(),
    ) else {
        return refuse(StatusCode::BAD_REQUEST, "this door has no WebSockets");
    };
    let who = match waiter.prove(&parts, &peer).await {
        Ok(who) => who,
        Err(ending) => {
            waiter.desk.note(&ending, &peer);
            return refuse(StatusCode::FORBIDDEN, "Forbidden");
        }
    };
    let http = Some(claims(&parts));
    tokio::spawn(async move {
        let upgraded = match upgrade.await {
            Ok(upgraded) => upgraded,
            Err(error) => return tracing::debug!(%error, "a WebSocket did not come about"),
        };
        let Some((stream, websocket, opened)) = take_over(upgraded) else {
            return tracing::error!("a WebSocket's connection is of an unknown kind");
        };
        let arrival = Arrival {
            stream,
            websocket: Some(websocket),
            opened,
            peer,
            who,
            http,
        };
        waiter.desk.introduce(arrival).await;
    });
    asked.answer()
}

impl Waiter {
    async fn prove(&self, parts: &Parts, peer: &Peer) -> Result<Who, Ending> {
        for credential in &self.credentials {
            let proved = credential.prove(parts, peer).await;
            if let Some(authorized) = proved.map_err(Ending::refused)? {
                return Ok(Who::Known(authorized));
            }
        }
        if let Some(der) = &peer.certificate {
            let found = self.desk.by_certificate(der.clone(), peer).await?;
            return Ok(Who::Known(found));
        }
        let deps = &self.desk.deps;
        // A page of another site can open WebSockets of this machine; it can't hide that it is one.
        let by_page = parts.headers.contains_key("origin");
        if !peer.tls
            && peer.address.ip().to_canonical().is_loopback()
            && !by_page
            && let Ok(principal) = deps.admission.anonymous()
        {
            return Ok(Who::Known(Authorized {
                principal,
                span_max: None,
            }));
        }
        if self.desk.authorizers(peer).is_some() {
            return Ok(Who::Unknown);
        }
        let cause = "WebSocket without a signed URL, session or client certificate";
        Err(Ending::because(cause))
    }
}

fn claims(parts: &Parts) -> HttpClaims {
    let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    HttpClaims {
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.iter().filter_map(header).collect(),
    }
}

/// The connection, and what HTTP had read of it too far.
fn take_over(upgraded: Upgraded) -> Option<(DoorStream, Box<WebSocket>, Vec<u8>)> {
    let parts = upgraded.downcast::<TokioIo<DoorStream>>().ok()?;
    let stream = parts.io.into_inner();
    Some((stream, Box::new(WebSocket::new()), parts.read_buf.to_vec()))
}
