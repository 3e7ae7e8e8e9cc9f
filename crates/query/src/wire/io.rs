// SPDX-License-Identifier: Apache-2.0
//! A socket that gives up on a client which does not read, and on a message that is too long.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

/// The socket and its limits.
pub(super) struct Io {
    socket: TcpStream,
    stall: Pin<Box<Sleep>>,
    stalled: bool,
    stall_time_max: Duration,
    frames: Frames,
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

impl AsyncRead for Io {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let done = Pin::new(&mut this.socket).poll_read(cx, buf);
        if let Poll::Ready(Ok(())) = done {
            this.frames.feed(&buf.filled()[before..])?;
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

/// Follows the frames of a client: a byte of type, four of length, the rest.
struct Frames {
    head: [u8; 5],
    have: usize,
    rest: usize,
    bytes_max: usize,
}

impl Frames {
    fn new(bytes_max: usize) -> Self {
        Self {
            head: [0; 5],
            have: 0,
            rest: 0,
            bytes_max,
        }
    }

    fn feed(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            if self.rest > 0 {
                let skip = self.rest.min(bytes.len());
                self.rest -= skip;
                bytes = &bytes[skip..];
                continue;
            }
            self.head[self.have] = bytes[0];
            self.have += 1;
            bytes = &bytes[1..];
            if self.have == self.head.len() {
                self.have = 0;
                let [_, length @ ..] = self.head;
                let length = u32::from_be_bytes(length) as usize;
                if !(4..=self.bytes_max).contains(&length) {
                    let text = format!("a message of {length} bytes");
                    return Err(io::Error::new(io::ErrorKind::InvalidData, text));
                }
                self.rest = length - 4;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_messages_are_seen_at_their_head_however_they_are_cut() {
        let mut stream = b"Q\0\0\0\x08abcd".to_vec();
        stream.extend(b"S\0\0\0\x04");
        for cut in 1..stream.len() {
            let mut frames = Frames::new(8);
            for part in stream.chunks(cut) {
                frames.feed(part).expect("short messages");
            }
            assert_eq!((frames.have, frames.rest), (0, 0));
            assert!(frames.feed(b"Q\0\0\0\x09").is_err(), "too long");
            assert!(
                Frames::new(8).feed(b"Q\0\0\0\x03").is_err(),
                "shorter than its own length"
            );
        }
    }
}
