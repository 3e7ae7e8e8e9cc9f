// SPDX-License-Identifier: Apache-2.0
//! One connection: messages in their turn, errors answered, time limits kept.

use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::BytesMut;
use datafusion_postgres::pgwire::api::{
    ClientInfo, DefaultClient, NoopHandler, PgWireConnectionState,
};
use datafusion_postgres::pgwire::error::{ErrorInfo, PgWireError};
use datafusion_postgres::pgwire::messages::response::ReadyForQuery;
use datafusion_postgres::pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage};
use datafusion_postgres::pgwire::tokio::server::{PgWireMessageServerCodec, process_message};
use futures::{FutureExt, SinkExt, StreamExt};
use hw_kernel::Shutdown;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_util::codec::{Framed, FramedParts};

use super::extended::Extended;
use super::fault;
use super::frames::FrameError;
use super::io::Io;
use super::prepared::Prepared;
use super::server::Shared;
use super::simple::Simple;
use super::startup::Startup;

/// A password message and the like, before anybody is known.
const STRANGER_BYTES_MAX: usize = 10_000;

type Wire = Framed<Io, PgWireMessageServerCodec<Prepared>>;

/// A connection whose startup packet has been read.
pub(super) struct Connection {
    wire: Wire,
    shared: Arc<Shared>,
    startup: Arc<Startup>,
}

/// Whether there is a next message.
enum Next {
    On,
    End,
}

impl Connection {
    pub(super) fn new(socket: TcpStream, packet: BytesMut, shared: Arc<Shared>) -> Self {
        let unknown = std::net::SocketAddr::from(([0, 0, 0, 0], 0));
        let client = DefaultClient::new(socket.peer_addr().unwrap_or(unknown), false);
        let io = Io::new(socket, shared.limits.stall_time_max, STRANGER_BYTES_MAX);
        let mut parts =
            FramedParts::new::<PgWireBackendMessage>(io, PgWireMessageServerCodec::new(client));
        parts.read_buf = packet;
        let mut wire = Framed::from_parts(parts);
        wire.set_state(PgWireConnectionState::AwaitingStartup);
        let startup = Arc::new(Startup::new(Arc::clone(&shared)));
        Self {
            wire,
            shared,
            startup,
        }
    }

    /// Serves until the client leaves, breaks a limit, or shutdown begins.
    pub(super) async fn serve(mut self, shutdown: Shutdown) {
        let ended = tokio::select! {
            biased;
            () = shutdown.begun() => {
                let text = "terminating connection due to administrator command";
                self.answer(fault::user("FATAL", "57P01", text), false).await.map(|_| ())
            }
            ended = Self::turns(&mut self.wire, &self.shared, &self.startup) => ended,
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a PostgreSQL connection broke");
        }
        let _ = self.wire.close().await;
    }

    async fn turns(
        wire: &mut Wire,
        shared: &Arc<Shared>,
        startup: &Arc<Startup>,
    ) -> io::Result<()> {
        let handshake_end = Instant::now() + shared.limits.handshake_time_max;
        let (simple, extended) = (Arc::new(Simple), Arc::new(Extended::default()));
        loop {
            let stranger = is_stranger(wire);
            let end = match stranger {
                true => handshake_end,
                false => Instant::now() + shared.limits.idle_time_max,
            };
            // Lies that the library would fall for are refused below it (`frames.rs`); should it find
            // another one, this connection alone ends.
            let next = AssertUnwindSafe(wire.next()).catch_unwind();
            let next = timeout_at(end, next).await;
            let message = match next.map(|read| read.unwrap_or_else(|_| Some(Err(unreadable())))) {
                Ok(None | Some(Ok(PgWireFrontendMessage::Terminate(_)))) => return Ok(()),
                Ok(Some(Ok(message))) => message,
                Ok(Some(Err(PgWireError::IoError(error)))) => {
                    let told = error.get_ref().and_then(|inner| inner.downcast_ref());
                    if let Some(told) = told {
                        let state = match told {
                            FrameError::TooLong(_) => "54000",
                            FrameError::NotTheProtocol => "08P01",
                        };
                        answer(wire, fault::user("FATAL", state, told.to_string()), false).await?;
                    }
                    return Err(error);
                }
                Ok(Some(Err(_))) => {
                    let text = "a message that is not the protocol's";
                    answer(wire, fault::user("FATAL", "08P01", text), false).await?;
                    return Ok(());
                }
                Err(_) if stranger => {
                    let text = "authentication took too long (handshake_time_max)";
                    answer(wire, fault::user("FATAL", "57014", text), false).await?;
                    return Ok(());
                }
                Err(_) => {
                    let text = "terminating connection due to idle-session timeout (idle_time_max)";
                    answer(wire, fault::user("FATAL", "57P05", text), false).await?;
                    return Ok(());
                }
            };
            let is_extended = message.is_extended_query();
            let work = process_message(
                message,
                wire,
                Arc::clone(startup),
                Arc::clone(&simple),
                Arc::clone(&extended),
                Arc::new(NoopHandler),
                Arc::new(NoopHandler),
            );
            let done = match stranger {
                true => timeout_at(handshake_end, work).await.unwrap_or_else(|_| {
                    let text = "authentication took too long (handshake_time_max)";
                    Err(fault::user("FATAL", "57014", text))
                }),
                false => work.await,
            };
            if let Err(error) = done
                && let Next::End = answer_turn(wire, error, is_extended).await?
            {
                return Ok(());
            }
            if stranger && !is_stranger(wire) {
                wire.get_mut()
                    .set_message_bytes_max(shared.limits.message_bytes_max);
            }
        }
    }

    async fn answer(&mut self, error: PgWireError, extended: bool) -> io::Result<Next> {
        answer(&mut self.wire, error, extended).await
    }
}

fn unreadable() -> PgWireError {
    fault::protocol("a message that is not the protocol's")
}

fn is_stranger(wire: &Wire) -> bool {
    matches!(
        wire.state(),
        PgWireConnectionState::AwaitingSslRequest
            | PgWireConnectionState::AwaitingStartup
            | PgWireConnectionState::AuthenticationInProgress
    )
}

/// An error of a turn: before authentication each one is the end.
async fn answer_turn(wire: &mut Wire, error: PgWireError, extended: bool) -> io::Result<Next> {
    if let PgWireError::IoError(error) = error {
        return Err(error);
    }
    let stranger = is_stranger(wire);
    match (answer(wire, error, extended).await?, stranger) {
        (Next::On, false) => Ok(Next::On),
        _ => Ok(Next::End),
    }
}

/// Sends an error. After one in the extended protocol the client's messages up to its Sync are
/// left out, as the protocol has it.
async fn answer(wire: &mut Wire, error: PgWireError, extended: bool) -> io::Result<Next> {
    let info = ErrorInfo::from(error);
    let fatal = info.is_fatal();
    wire.send(PgWireBackendMessage::ErrorResponse(info.into()))
        .await?;
    if fatal {
        return Ok(Next::End);
    }
    let status = wire.transaction_status().to_error_state();
    wire.set_transaction_status(status);
    if extended {
        wire.set_state(PgWireConnectionState::AwaitingSync);
    } else {
        wire.set_state(PgWireConnectionState::ReadyForQuery);
        wire.send(PgWireBackendMessage::ReadyForQuery(ReadyForQuery::new(
            status,
        )))
        .await?;
    }
    Ok(Next::On)
}
