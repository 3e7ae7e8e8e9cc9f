// SPDX-License-Identifier: Apache-2.0
//! One TLS connection over rustls' unbuffered interface: it owns no buffer, so that an idle
//! connection costs half of a buffered one and a large message leaves nothing behind.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use rustls::server::UnbufferedServerConnection;
use rustls::unbuffered::{ConnectionState, EncodeError, EncryptError, UnbufferedStatus};

/// Most bytes that TLS adds to one record: header, explicit nonce, content type, tag.
const RECORD_OVERHEAD_BYTES: usize = 64;

/// Most plaintext bytes in one record (RFC 8446, section 5.1).
const RECORD_PLAIN_BYTES_MAX: usize = 16_384;

/// Most bytes of one encrypted record, and so the most that a connection can leave unread before
/// it is either whole or refused.
pub const RECORD_BYTES_MAX: usize = RECORD_PLAIN_BYTES_MAX + 256 + 5;

/// The server's side of one TLS connection.
pub struct TlsSession {
    connection: UnbufferedServerConnection,
    is_broken: bool,
}

impl std::fmt::Debug for TlsSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsSession").finish_non_exhaustive()
    }
}

/// What [`TlsSession::receive`] came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// How many bytes at the front of the input are used up; the rest must be given again, with
    /// more behind it.
    pub taken: usize,
    /// The peer has said that it sends no more.
    pub peer_closed: bool,
}

impl TlsSession {
    /// A connection whose handshake has not begun.
    pub fn new(config: Arc<ServerConfig>) -> Result<Self, rustls::Error> {
        let connection = UnbufferedServerConnection::new(config)?;
        Ok(Self {
            connection,
            is_broken: false,
        })
    }

    /// Takes bytes from the socket: plaintext is appended to `plain`, answers of the handshake (or
    /// an alert, on an error) to `out`. After an error the connection is of no more use.
    ///
    /// These bytes come from anybody: should the TLS library panic on them, that is an error of
    /// this connection alone.
    pub fn receive(
        &mut self,
        incoming: &mut [u8],
        plain: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Result<Received, rustls::Error> {
        if self.is_broken {
            return Err(rustls::Error::General(
                "the connection failed before".into(),
            ));
        }
        let work = AssertUnwindSafe(|| self.receive_unguarded(incoming, plain, out));
        let outcome = catch_unwind(work).unwrap_or_else(|_| {
            tracing::error!("the TLS library has panicked on what a peer sent");
            Err(rustls::Error::General("internal error".into()))
        });
        self.is_broken = outcome.is_err();
        outcome
    }

    fn receive_unguarded(
        &mut self,
        incoming: &mut [u8],
        plain: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Result<Received, rustls::Error> {
        let mut received = Received {
            taken: 0,
            peer_closed: false,
        };
        let mut failed = None;
        loop {
            let UnbufferedStatus { mut discard, state } = self
                .connection
                .process_tls_records(&mut incoming[received.taken..]);
            let mut idle = false;
            match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(record) = traffic.next_record() {
                        let record = record?;
                        discard += record.discard;
                        plain.extend_from_slice(record.payload);
                    }
                }
                Ok(ConnectionState::EncodeTlsData(mut data)) => {
                    encode(out, |free| data.encode(free))?;
                }
                Ok(ConnectionState::TransmitTlsData(transmit)) => transmit.done(),
                Ok(ConnectionState::PeerClosed) => received.peer_closed = true,
                Ok(ConnectionState::ReadEarlyData(_)) => {
                    return Err(rustls::Error::General("early data is not offered".into()));
                }
                Ok(_) => idle = true,
                Err(error) => failed = Some(error),
            }
            received.taken += discard;
            // After an error it may be asked for its alert, with the rest of the same bytes, but
            // not once more than it has one: it would panic.
            match &failed {
                Some(_) if self.connection.wants_write() && !idle => {}
                Some(error) => return Err(error.clone()),
                None if idle => return Ok(received),
                None => {}
            }
        }
    }

    /// Encrypts `plain` and appends the records to `out`.
    pub fn send(&mut self, plain: &[u8], out: &mut Vec<u8>) -> Result<(), rustls::Error> {
        if self.is_broken {
            return Err(rustls::Error::General(
                "the connection failed before".into(),
            ));
        }
        loop {
            match self.connection.process_tls_records(&mut []).state? {
                ConnectionState::WriteTraffic(mut traffic) => {
                    let records = plain.len() / RECORD_PLAIN_BYTES_MAX + 1;
                    let start = out.len();
                    out.resize(start + plain.len() + records * RECORD_OVERHEAD_BYTES, 0);
                    let mut written = traffic.encrypt(plain, &mut out[start..]);
                    if let Err(EncryptError::InsufficientSize(needs)) = &written {
                        // A handshake record (a key update) leaves with it.
                        out.resize(start + needs.required_size, 0);
                        written = traffic.encrypt(plain, &mut out[start..]);
                    }
                    let written = written.map_err(|why| {
                        out.truncate(start);
                        rustls::Error::General(why.to_string())
                    })?;
                    out.truncate(start + written);
                    return Ok(());
                }
                ConnectionState::EncodeTlsData(mut data) => encode(out, |free| data.encode(free))?,
                ConnectionState::TransmitTlsData(transmit) => transmit.done(),
                ConnectionState::PeerClosed => {}
                _ => {
                    return Err(rustls::Error::General(
                        "the connection can't send now".into(),
                    ));
                }
            }
        }
    }

    /// Appends the alert that says that nothing more will be sent.
    pub fn close(&mut self, out: &mut Vec<u8>) {
        if self.is_broken || self.is_handshaking() {
            return;
        }
        let start = out.len();
        out.resize(start + 2 * RECORD_OVERHEAD_BYTES, 0);
        let written = match self.connection.process_tls_records(&mut []).state {
            Ok(ConnectionState::WriteTraffic(mut traffic)) => {
                traffic.queue_close_notify(&mut out[start..]).unwrap_or(0)
            }
            _ => 0,
        };
        out.truncate(start + written);
    }

    /// Whether the handshake is still under way.
    pub fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    /// The certificate that the peer proved to hold.
    pub fn peer_certificate(&self) -> Option<&CertificateDer<'static>> {
        self.connection.peer_certificates().and_then(<[_]>::first)
    }
}

fn encode(
    out: &mut Vec<u8>,
    mut write: impl FnMut(&mut [u8]) -> Result<usize, EncodeError>,
) -> Result<(), rustls::Error> {
    let start = out.len();
    let needs = match write(&mut []) {
        Ok(written) => written,
        Err(EncodeError::InsufficientSize(needs)) => needs.required_size,
        Err(error) => return Err(rustls::Error::General(error.to_string())),
    };
    out.resize(start + needs, 0);
    match write(&mut out[start..]) {
        Ok(written) => out.truncate(start + written),
        Err(EncodeError::AlreadyEncoded) => out.truncate(start),
        Err(error) => return Err(rustls::Error::General(error.to_string())),
    }
    Ok(())
}
