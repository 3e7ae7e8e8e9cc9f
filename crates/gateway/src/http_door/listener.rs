// SPDX-License-Identifier: Apache-2.0
//! A TCP listener for HTTP, with or without TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use hw_kernel::Shutdown;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use super::{HTTP_CONNECTIONS_MAX, TLS_HANDSHAKE_DEADLINE, connection};

/// A bound door that is not serving yet.
pub struct HttpDoor {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
}

impl HttpDoor {
    /// Binds. With `tls` it is an HTTPS door.
    pub async fn bind(addr: SocketAddr, tls: Option<Arc<ServerConfig>>) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        Ok(Self {
            listener,
            tls: tls.map(TlsAcceptor::from),
        })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until shutdown begins, then lets open requests end.
    pub async fn run(self, router: Router, shutdown: Shutdown) {
        let places = Arc::new(Semaphore::new(HTTP_CONNECTIONS_MAX));
        let mut connections = tokio::task::JoinSet::new();
        loop {
            let place = Arc::clone(&places).acquire_owned().await;
            let accepted = tokio::select! {
                () = shutdown.begun() => break,
                accepted = self.listener.accept() => accepted,
            };
            while connections.try_join_next().is_some() {}
            match accepted {
                Ok((stream, peer)) => {
                    let (tls, router) = (self.tls.clone(), router.clone());
                    let shutdown = shutdown.clone();
                    connections.spawn(async move {
                        handle(stream, peer, tls, router, shutdown).await;
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

async fn handle(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    router: Router,
    shutdown: Shutdown,
) {
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else {
        return connection::serve(stream, Some(peer), router, shutdown).await;
    };
    let handshake = tokio::time::timeout(TLS_HANDSHAKE_DEADLINE, tls.accept(stream));
    let outcome = tokio::select! {
        () = shutdown.begun() => return,
        outcome = handshake => outcome,
    };
    match outcome {
        Ok(Ok(stream)) => connection::serve(stream, Some(peer), router, shutdown).await,
        Ok(Err(error)) => tracing::debug!(client.address = %peer, %error, "a TLS handshake failed"),
        Err(_) => tracing::debug!(client.address = %peer, "a TLS handshake took too long"),
    }
}
