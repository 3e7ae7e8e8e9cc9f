// SPDX-License-Identifier: Apache-2.0
//! A socket that gives up on a client which does not read, and on messages that are too long or
//! not the protocol's.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

use super::frames::{FrameError, Frames};

/// The socket and its limits.
pub(super) struct Io {
    socket: TcpStream,
    stall: Pin<Box<Sleep>>,
    stalled: bool,
    stall_time_max: Duration,
    frames: Frames,
    broken: Option<FrameError>,
}

impl Io {
    pub(super) fn new(socket: TcpStream, stall_time_max: Duration, bytes_max: usize) -> Self {
        let stall = Box::pin(sleep(stall_time_max));
        Self {
            socket,
            stall,
            stalled: false,
            stall_time_max,
            frames: Frames::new(bytes_max),
            broken: None,
        }
    }

    /// Changes the limit on a message from the client.
    pub(super) fn set_message_bytes_max(&mut self, bytes_max: usize) {
        self.frames.bytes_max = bytes_max;
    }

    /// Turns a write that waits for longer than it may into an error.
    fn watch<T>(&mut self, cx: &mut Context<'_>, done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if done.is_ready() {
            self.stalled = false;
            return done;
        }
        if !self.stalled {
            self.stalled = true;
            self.stall
                .as_mut()
                .reset(Instant::now() + self.stall_time_max);
        }
        match self.stall.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

fn invalid(error: FrameError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

impl AsyncRead for Io {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Some(error) = this.broken {
            return Poll::Ready(Err(invalid(error)));
        }
        let before = buf.filled().len();
        let done = Pin::new(&mut this.socket).poll_read(cx, buf);
        if let Poll::Ready(Ok(())) = done
            && let Err((good, error)) = this.frames.feed(&buf.filled()[before..])
        {
            // Messages before it are answered first.
            this.broken = Some(error);
            if good == 0 {
                return Poll::Ready(Err(invalid(error)));
            }
            buf.set_filled(before + good);
        }
        done
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let done = Pin::new(&mut this.socket).poll_write(cx, buf);
        this.watch(cx, done)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(cx)
    }
}
