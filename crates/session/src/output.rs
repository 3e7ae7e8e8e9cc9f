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
    /// Whether its last buffer was a large one: the next is likely to become one, too.
    large: bool,
    /// What it waits for before anything leaves: something in it must be durable first.
    holds: u16,
    /// What was counted last of all that waits for the connection, here and elsewhere.
    counted: u32,
    /// Of that, what the loop holds.
    sealed: u32,
}

impl Output {
    /// What is to be written; empty is nothing.
    #[inline]
    pub fn unsent(&self) -> &[u8] {
        if self.holds > 0 {
            return &[];
        }
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
            Close::AfterFlush => self.unsent_bytes() == 0,
            Close::Now => true,
        }
    }

    /// Nothing leaves until as many [`Output::let_go`] came.
    pub(crate) fn hold(&mut self) {
        self.holds = self.holds.saturating_add(1);
    }

    pub(crate) fn let_go(&mut self) {
        self.holds = self.holds.saturating_sub(1);
    }

    pub(crate) fn set_close(&mut self, close: Close) {
        self.close = close;
    }

    #[inline]
    pub(crate) fn unsent_bytes(&self) -> usize {
        self.buffer.len() - self.sent
    }

    /// The memory that it holds.
    #[inline]
    pub(crate) fn memory_bytes(&self) -> usize {
        self.buffer.capacity()
    }

    /// Notes what waits for its connection; what was noted before.
    #[inline]
    pub(crate) fn count(&mut self, bytes: usize) -> usize {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        std::mem::replace(&mut self.counted, bytes) as usize
    }

    /// Notes that so much more waits.
    pub(crate) fn count_more(&mut self, bytes: usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.counted = self.counted.saturating_add(bytes);
    }

    /// Notes what the loop holds for the connection.
    #[inline]
    pub(crate) fn set_sealed(&mut self, bytes: usize) {
        self.sealed = u32::try_from(bytes).unwrap_or(u32::MAX);
    }

    /// What the loop holds, as it said last.
    #[inline]
    pub(crate) fn sealed(&self) -> usize {
        self.sealed as usize
    }

    /// What was noted last.
    pub(crate) fn counted(&self) -> usize {
        self.counted as usize
    }

    /// The buffer to append whole packets to.
    #[inline]
    pub(crate) fn buffer(&mut self, pool: &mut Pool) -> &mut Vec<u8> {
        const MOVED_FROM_BYTES: usize = 16 * 1024;
        if self.buffer.capacity() == 0 {
            self.buffer = pool.take(self.large);
        } else if self.sent > MOVED_FROM_BYTES && self.sent > self.buffer.len() / 2 {
            self.buffer.drain(..self.sent);
            self.sent = 0;
        }
        &mut self.buffer
    }

    pub(crate) fn advance(&mut self, bytes: usize, pool: &mut Pool) {
        self.sent = self.buffer.len().min(self.sent + bytes);
        if self.sent == self.buffer.len() {
            self.release(pool);
        }
    }

    /// Drops what waits.
    pub(crate) fn release(&mut self, pool: &mut Pool) {
        self.sent = 0;
        self.large = self.buffer.len() >= Pool::LARGE_FROM_BYTES;
        pool.give(std::mem::take(&mut self.buffer));
    }
}

/// Empty buffers to be used again. Large ones stand apart: who fills one would have to grow a small
/// one first, and who writes acknowledgements needs none.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    small: Spare,
    large: Spare,
}

#[derive(Debug, Default)]
struct Spare {
    buffers: Vec<Vec<u8>>,
    bytes: usize,
}

impl Pool {
    /// Capacity from which on a buffer is large.
    const LARGE_FROM_BYTES: usize = 64 * 1024;
    /// Capacity above which a buffer is given back to the allocator.
    const BUFFER_BYTES_MAX: usize = 2 * 1024 * 1024;
    /// Capacity of all spare small buffers together, and of all large ones.
    const SMALL_BYTES_MAX: usize = 1024 * 1024;
    const LARGE_BYTES_MAX: usize = 4 * 1024 * 1024;
    /// Capacity of a new one.
    const BUFFER_BYTES: usize = 512;

    fn take(&mut self, large: bool) -> Vec<u8> {
        let found = match large {
            true => self.large.take().or_else(|| self.small.take()),
            false => self.small.take(),
        };
        found.unwrap_or_else(|| Vec::with_capacity(Self::BUFFER_BYTES))
    }

    fn give(&mut self, buffer: Vec<u8>) {
        match buffer.capacity() {
            0 => {}
            bytes if bytes < Self::LARGE_FROM_BYTES => {
                self.small.give(buffer, Self::SMALL_BYTES_MAX)
            }
            bytes if bytes <= Self::BUFFER_BYTES_MAX => {
                self.large.give(buffer, Self::LARGE_BYTES_MAX)
            }
            _ => {}
        }
    }
}

impl Spare {
    fn take(&mut self) -> Option<Vec<u8>> {
        let buffer = self.buffers.pop()?;
        self.bytes -= buffer.capacity();
        Some(buffer)
    }

    fn give(&mut self, mut buffer: Vec<u8>, bytes_max: usize) {
        let bytes = buffer.capacity();
        if self.bytes + bytes <= bytes_max {
            buffer.clear();
            self.bytes += bytes;
            self.buffers.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_over_partial_writes_and_an_idle_one_owns_no_memory() {
        let (mut pool, mut output) = (Pool::default(), Output::default());
        let (mut put, mut got, mut next) = (0u32, Vec::new(), 7usize);
        while got.len() < 200_000 {
            for _ in 0..400 {
                output
                    .buffer(&mut pool)
                    .extend_from_slice(&put.to_be_bytes());
                put += 1;
            }
            next = next * 31 % 3_001;
            let part = next.min(output.unsent_bytes());
            got.extend_from_slice(&output.unsent()[..part]);
            output.advance(part, &mut pool);
        }
        got.extend_from_slice(output.unsent());
        output.advance(usize::MAX / 2, &mut pool);
        assert_eq!(output.buffer.capacity(), 0);
        let numbers = got
            .chunks_exact(4)
            .map(|four| [four[0], four[1], four[2], four[3]]);
        assert!(numbers.map(u32::from_be_bytes).eq(0..put));
    }

    #[test]
    fn the_pool_keeps_little() {
        let mut pool = Pool::default();
        for _ in 0..1_000 {
            pool.give(Vec::with_capacity(Pool::BUFFER_BYTES_MAX));
            pool.give(Vec::with_capacity(Pool::LARGE_FROM_BYTES - 1));
            pool.give(Vec::with_capacity(Pool::BUFFER_BYTES_MAX * 2));
        }
        for (spare, most) in [
            (&pool.small, Pool::SMALL_BYTES_MAX),
            (&pool.large, Pool::LARGE_BYTES_MAX),
        ] {
            let bytes: usize = spare.buffers.iter().map(Vec::capacity).sum();
            assert!(bytes == spare.bytes && bytes <= most);
            let mut sizes = spare.buffers.iter().map(Vec::capacity);
            assert!(sizes.all(|bytes| bytes <= Pool::BUFFER_BYTES_MAX));
        }
    }

    #[test]
    fn who_writes_much_gets_a_large_buffer_again_and_others_none() {
        let (mut pool, mut much, mut little) =
            (Pool::default(), Output::default(), Output::default());
        for _ in 0..2 {
            much.buffer(&mut pool).extend_from_slice(&[1; 300_000]);
            let capacity = much.buffer.capacity();
            much.advance(usize::MAX / 2, &mut pool);
            little.buffer(&mut pool).push(1);
            assert!(little.buffer.capacity() < Pool::LARGE_FROM_BYTES);
            little.advance(1, &mut pool);
            much.buffer(&mut pool).push(1);
            assert_eq!(much.buffer.capacity(), capacity, "the same one");
        }
        // One that writes little again lets it go.
        much.advance(usize::MAX / 2, &mut pool);
        for _ in 0..2 {
            much.buffer(&mut pool).push(1);
            much.advance(1, &mut pool);
        }
        much.buffer(&mut pool).push(1);
        assert!(much.buffer.capacity() < Pool::LARGE_FROM_BYTES);
    }

    #[test]
    fn closes_after_the_flush() {
        let (mut pool, mut output) = (Pool::default(), Output::default());
        output.buffer(&mut pool).push(1);
        output.set_close(Close::AfterFlush);
        assert!(!output.wants_close());
        output.advance(1, &mut pool);
        assert!(output.wants_close());
    }
}
