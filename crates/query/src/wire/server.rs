// SPDX-License-Identifier: Apache-2.0
//! The listener: accepts up to a limit, and ends all connections when it is told to.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use hw_kernel::Shutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::cancel::Cancels;
use super::connection::Connection;
use super::{PgAuth, PgLimits, fault, hello};
use crate::engine::Engine;

/// A bound listener. Nothing is accepted before [`PgServer::run`].
pub struct PgServer {
    listener: TcpListener,
    shared: Arc<Shared>,
}

/// What all connections share.
pub(super) struct Shared {
    pub engine: Engine,
    pub auth: Arc<dyn PgAuth>,
    pub limits: PgLimits,
    pub cancels: Cancels,
}

impl PgServer {
    /// Binds; port 0 picks one.
    ///
    /// # Errors
    /// Those of the socket, as when the port is in use.
    pub async fn bind(
        addr: SocketAddr,
        engine: Engine,
        auth: Arc<dyn PgAuth>,
        limits: PgLimits,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        let shared = Shared {
            engine,
            auth,
            limits,
            cancels: Cancels::default(),
        };
        Ok(Self {
            listener,
            shared: Arc::new(shared),
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until shutdown begins; resolves when every connection has ended.
    pub async fn run(self, shutdown: Shutdown) {
        let slots = Arc::new(Semaphore::new(self.shared.limits.connections_max));
        let mut connections = JoinSet::new();
        loop {
            let socket = tokio::select! {
                biased;
                () = shutdown.begun() => break,
                Some(ended) = connections.join_next() => {
                    if let Err(error) = ended {
                        tracing::warn!(%error, "a PostgreSQL connection ended in a panic");
                    }
                    continue;
                }
                accepted = self.listener.accept() => accepted,
            };
            let socket = match socket {
                Ok((socket, _)) => socket,
                Err(error) => {
                    // Out of file descriptors, for one: accepting again at once would only spin.
                    tracing::warn!(%error, "a PostgreSQL connection can't be accepted");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                    continue;
                }
            };
            let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
                full(&socket, self.shared.limits.connections_max);
                continue;
            };
            let (shared, shutdown) = (Arc::clone(&self.shared), shutdown.clone());
            connections.spawn(async move {
                serve(socket, shared, shutdown).await;
                drop(slot);
            });
        }
        drop(self.listener);
        while connections.join_next().await.is_some() {}
    }
}

/// Tells a client that there is no room. What does not fit the socket's buffer is not sent.
fn full(socket: &TcpStream, max: usize) {
    let text = format!("there are already {max} connections (connections_max)");
    let _ = socket.try_write(&fault::message("FATAL", "53300", &text));
}

async fn serve(socket: TcpStream, shared: Arc<Shared>, shutdown: Shutdown) {
    // Without it, small answers wait for the client's delayed acknowledgement.
    let _ = socket.set_nodelay(true);
    let within = shared.limits.handshake_time_max;
    let greeting = tokio::time::timeout(within, hello::read(socket)).await;
    match greeting {
        Ok(Ok(hello::Hello::Startup(socket, packet))) => {
            Connection::new(socket, packet, shared)
                .serve(shutdown)
                .await;
        }
        Ok(Ok(hello::Hello::Cancel(key))) => shared.cancels.cancel(&key),
        Ok(Err(error)) => tracing::debug!(%error, "not a PostgreSQL client"),
        Err(_) => tracing::debug!("a PostgreSQL client said nothing"),
    }
}
