// SPDX-License-Identifier: Apache-2.0
//! Bytes from one thread to another, a few pieces at a time: memory stays flat, and a reader that
//! does not read stops the writer, for a while.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// Bytes of a piece.
const PIECE_BYTES: usize = 256 << 10;

/// Pieces that wait for the reader.
pub const PIECES_IN_FLIGHT: usize = 8;

/// How long the writer waits for a reader that takes nothing.
const STALL_MAX: Duration = Duration::from_secs(600);

/// The writing end; belongs on a thread that may block.
pub struct PipeWriter {
    to: mpsc::Sender<Result<Bytes>>,
    runtime: Handle,
    piece: Vec<u8>,
}

impl PipeWriter {
    /// Writes to `to`.
    pub fn new(to: mpsc::Sender<Result<Bytes>>, runtime: Handle) -> Self {
        Self {
            to,
            runtime,
            piece: Vec::new(),
        }
    }

    /// The reader gets this error instead of an end.
    pub fn fail(&mut self, error: Error) {
        let _ = self.send(Err(error));
    }

    fn send(&self, piece: Result<Bytes>) -> Result<()> {
        // The timer begins inside of the runtime.
        let sent = async { tokio::time::timeout(STALL_MAX, self.to.send(piece)).await };
        match self.runtime.block_on(sent) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(ErrorKind::BrokenPipe.into()),
            Err(_) => Err(ErrorKind::TimedOut.into()),
        }
    }
}

impl Write for PipeWriter {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        match std::mem::take(&mut self.piece) {
            piece if piece.is_empty() => Ok(()),
            piece => self.send(Ok(piece.into())),
        }
    }
}

/// The reading end; belongs on a thread that may block.
pub struct PipeReader {
    from: mpsc::Receiver<Result<Bytes>>,
    piece: Bytes,
}

impl PipeReader {
    /// Reads from `from`.
    pub fn new(from: mpsc::Receiver<Result<Bytes>>) -> Self {
        Self {
            from,
            piece: Bytes::new(),
        }
    }
}

impl Read for PipeReader {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        while self.piece.is_empty() {
            match self.from.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let count = self.piece.len().min(out.len());
        out[..count].copy_from_slice(&self.piece.split_to(count));
        Ok(count)
    }
}
