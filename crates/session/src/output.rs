// SPDX-License-Identifier: Apache-2.0
//! What waits to be written to a connection, and the pool that its buffers come from: an idle
//! connection owns none.

/// Whether and when a connection is to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Close {
    /// Not.
    #[default]
    No,
    /// When everything is written. Nothing more is read from it.
    AfterFlush,
    /// At once, whatever waits.
    Now,
}

/// The bytes of a connection that are not written yet.
#[derive(Debug, Default)]
pub struct Output {
    buffer: Vec<u8>,
    sent: usize,
    close: Close,
}

impl Output {
    /// What is to be written; empty is nothing.
    #[inline]
    pub fn unsent(&self) -> &[u8] {
        &self.buffer[self.sent..]
    }

    /// Whether and when to close.
    pub fn close(&self) -> Close {
        self.close
    }

    /// Whether the loop must close it now: at once, or because all is written.
    pub fn wants_close(&self) -> bool {
        match self.close {
            Close::No => false,
            Close::AfterFlush => self.unsent().is_empty(),
            Close::Now => true,
        }
    }
}
