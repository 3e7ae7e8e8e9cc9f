// SPDX-License-Identifier: Apache-2.0
//! Buffers that are lent for as long as they hold something: an idle connection owns none.

/// A shard's spare buffers. Bounded in number, and one that has grown large is not kept.
#[derive(Debug)]
pub struct Pool {
    spare: Vec<Vec<u8>>,
    spare_max: usize,
    buffer_bytes_max: usize,
}

impl Pool {
    /// A pool that keeps at most `spare_max` buffers of at most `buffer_bytes_max` bytes each.
    pub fn new(spare_max: usize, buffer_bytes_max: usize) -> Self {
        Self {
            spare: Vec::new(),
            spare_max,
            buffer_bytes_max,
        }
    }

    /// An empty buffer.
    pub fn take(&mut self) -> Vec<u8> {
        self.spare.pop().unwrap_or_default()
    }

    /// Takes a buffer back, whatever it holds.
    pub fn give(&mut self, mut buffer: Vec<u8>) {
        let fits = (1..=self.buffer_bytes_max).contains(&buffer.capacity());
        if fits && self.spare.len() < self.spare_max {
            buffer.clear();
            self.spare.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_few_and_small_ones() {
        let mut pool = Pool::new(2, 100);
        for size in [200, 50, 60, 70] {
            pool.give(vec![1; size]);
        }
        assert_eq!(pool.spare.len(), 2);
        assert!(pool.take().is_empty() && pool.spare.len() == 1);
    }
}
