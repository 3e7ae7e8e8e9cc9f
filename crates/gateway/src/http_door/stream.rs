// SPDX-License-Identifier: Apache-2.0
//! A connection of an HTTP door as a stream, plain or TLS. TLS is the unbuffered kind that shards
//! speak, so that a connection that turns out to be MQTT can be taken apart and handed over.

use std::io;
use std::net::TcpStream as StdStream;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use hw_broker::tls::TlsSession;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;

/// Bytes read from the socket at once.
const READ_BYTES: usize = 16 << 10;

/// Plain bytes encrypted before the socket must take some.
const SEAL_BYTES_MAX: usize = 64 << 10;

/// An open connection.
pub(crate) struct DoorStream {
    socket: TcpStream,
    tls: Option<Box<TlsSession>>,
    /// Head of a record whose rest has not come.
    sealed: Vec<u8>,
    /// Plain bytes that nobody has read yet.
    opened: Vec<u8>,
    /// Bytes of TLS that the socket has not taken.
    unsent: Vec<u8>,
    peer_closed: bool,
    said_goodbye: bool,
}

/// A connection taken apart.
pub(crate) struct StreamParts {
    pub socket: StdStream,
    pub tls: Option<Box<TlsSession>>,
    pub sealed: Vec<u8>,
    pub opened: Vec<u8>,
    pub unsent: Vec<u8>,
}

impl DoorStream {
    /// Without TLS. `opened`: what was read already.
    pub fn plain(socket: TcpStream, opened: Vec<u8>) -> Self {
        Self {
            socket,
            tls: None,
            sealed: Vec::new(),
            opened,
            unsent: Vec::new(),
            peer_closed: false,
            said_goodbye: false,
        }
    }

    /// Of a connection that another door took apart. To be called within a runtime.
    pub fn from_parts(parts: StreamParts) -> io::Result<Self> {
        let socket = TcpStream::from_std(parts.socket)?;
        Ok(Self {
            tls: parts.tls,
            sealed: parts.sealed,
            unsent: parts.unsent,
            ..Self::plain(socket, parts.opened)
        })
    }

    /// Shakes hands. `sealed`: what was read already.
    pub async fn handshake(
        socket: TcpStream,
        tls: TlsSession,
        sealed: Vec<u8>,
    ) -> Result<Self, HandshakeFailed> {
        let mut stream = Self {
            tls: Some(Box::new(tls)),
            ..Self::plain(socket, Vec::new())
        };
        let mut buffer = sealed;
        while stream.is_handshaking() {
            if buffer.is_empty() {
                buffer.resize(READ_BYTES, 0);
                let count = stream.socket.read(&mut buffer).await?;
                buffer.truncate(count);
            }
            if buffer.is_empty() {
                return Err(HandshakeFailed::Io(io::ErrorKind::UnexpectedEof.into()));
            }
            let received = stream.receive(&mut buffer);
            buffer.clear();
            // An alert is owed to who broke TLS.
            let unsent = std::mem::take(&mut stream.unsent);
            stream.socket.write_all(&unsent).await?;
            received?;
            if stream.peer_closed {
                return Err(HandshakeFailed::Io(io::ErrorKind::UnexpectedEof.into()));
            }
        }
        Ok(stream)
    }

    /// The certificate that the peer proved to hold.
    pub fn certificate(&self) -> Option<Arc<[u8]>> {
        let certificate = self.tls.as_ref()?.peer_certificate()?;
        Some(Arc::from(certificate.as_ref()))
    }

    /// The first byte, unread; `None` if the peer closes before it.
    pub async fn first_byte(&mut self) -> io::Result<Option<u8>> {
        std::future::poll_fn(|context| self.poll_fill(context)).await?;
        Ok(self.opened.first().copied())
    }

    /// Takes it apart; it is registered nowhere any more.
    pub fn into_parts(self) -> io::Result<StreamParts> {
        Ok(StreamParts {
            socket: self.socket.into_std()?,
            tls: self.tls,
            sealed: self.sealed,
            opened: self.opened,
            unsent: self.unsent,
        })
    }

    fn is_handshaking(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.is_handshaking())
    }

    fn receive(&mut self, fresh: &mut [u8]) -> Result<(), rustls::Error> {
        let Some(tls) = &mut self.tls else {
            self.opened.extend_from_slice(fresh);
            return Ok(());
        };
        let received = if self.sealed.is_empty() {
            let received = tls.receive(fresh, &mut self.opened, &mut self.unsent)?;
            self.sealed.extend_from_slice(&fresh[received.taken..]);
            received
        } else {
            self.sealed.extend_from_slice(fresh);
            let received = tls.receive(&mut self.sealed, &mut self.opened, &mut self.unsent)?;
            self.sealed.drain(..received.taken);
            received
        };
        self.peer_closed |= received.peer_closed;
        Ok(())
    }

    /// Reads until there is something plain, or the end.
    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.opened.is_empty() && !self.peer_closed {
            let mut buffer = [0; READ_BYTES];
            let mut fresh = ReadBuf::new(&mut buffer);
            ready!(Pin::new(&mut self.socket).poll_read(context, &mut fresh))?;
            if fresh.filled().is_empty() {
                self.peer_closed = true;
                break;
            }
            let received = self.receive(fresh.filled_mut());
            if !self.unsent.is_empty() {
                // A key update's answer, or an alert; what does not go now goes with the next write.
                let _ = self.poll_drain(context)?;
            }
            received.map_err(io::Error::other)?;
        }
        Poll::Ready(Ok(()))
    }

    /// Gives the socket what TLS has for it.
    fn poll_drain(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unsent.is_empty() {
            let count = ready!(Pin::new(&mut self.socket).poll_write(context, &self.unsent))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.unsent.drain(..count);
        }
        Poll::Ready(Ok(()))
    }
}

/// A handshake did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HandshakeFailed {
    /// The connection broke.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// TLS was broken.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
}

impl AsyncRead for DoorStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let stream = &mut *self;
        ready!(stream.poll_fill(context))?;
        let count = stream.opened.len().min(buffer.remaining());
        buffer.put_slice(&stream.opened[..count]);
        if count == stream.opened.len() {
            // An idle connection owns no buffer.
            stream.opened = Vec::new();
        } else {
            stream.opened.drain(..count);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for DoorStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let stream = &mut *self;
        ready!(stream.poll_drain(context))?;
        let Some(tls) = &mut stream.tls else {
            return Pin::new(&mut stream.socket).poll_write(context, bytes);
        };
        let next = &bytes[..bytes.len().min(SEAL_BYTES_MAX)];
        if next.is_empty() {
            return Poll::Ready(Ok(0));
        }
        tls.send(next, &mut stream.unsent)
            .map_err(io::Error::other)?;
        // It is ours now; what the socket does not take at once goes with the next write or flush.
        let _ = stream.poll_drain(context)?;
        Poll::Ready(Ok(next.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = &mut *self;
        ready!(stream.poll_drain(context))?;
        Pin::new(&mut stream.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = &mut *self;
        if let Some(tls) = &mut stream.tls
            && !std::mem::replace(&mut stream.said_goodbye, true)
        {
            tls.close(&mut stream.unsent);
        }
        ready!(stream.poll_drain(context))?;
        Pin::new(&mut stream.socket).poll_shutdown(context)
    }
}
