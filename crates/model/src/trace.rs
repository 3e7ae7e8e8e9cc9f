// SPDX-License-Identifier: Apache-2.0
//! The trace id: a message's name, its order and its producer's sequence in one.

use std::fmt;
use std::str::FromStr;

/// Who wrote a record: a shard of one run of the server. Records repeat after a crash only under
/// a new epoch, so a reader drops what is not above the last sequence it saw of a producer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Producer {
    /// Counts the server's starts on this folder.
    pub epoch: u32,
    /// The shard's number; other writers use numbers from [`Producer::WORKERS`] up.
    pub shard: u16,
}

impl Producer {
    /// First number that is not a broker shard.
    pub const WORKERS: u16 = 0x8000;
}

/// (epoch, shard, sequence), stamped by the shard that took a message in.
///
/// Shown in the form of a UUID (version 8), because AWS's trace ids are UUIDs and tools expect
/// one: `eeeeeeee-ssss-8qqq-8qqq-qqqqqqqqqqqq`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId {
    /// Who stamped it.
    pub producer: Producer,
    /// Counts from 1 for each producer.
    pub sequence: u64,
}

/// The text was not a trace id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a trace id looks like 00000001-0000-8000-8000-00000000002a")]
pub struct BadTraceId;

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (q, p) = (self.sequence, self.producer);
        let (high, middle, low) = (q >> 60 & 0xfff, q >> 48 & 0xfff, q & 0xffff_ffff_ffff);
        write!(
            f,
            "{:08x}-{:04x}-8{high:03x}-8{middle:03x}-{low:012x}",
            p.epoch, p.shard
        )
    }
}

impl FromStr for TraceId {
    type Err = BadTraceId;

    fn from_str(text: &str) -> Result<Self, BadTraceId> {
        let mut parts = text.split('-');
        let mut part = |digits: usize, lead: &str| {
            let part = parts
                .next()
                .filter(|part| part.len() == digits)
                .ok_or(BadTraceId)?;
            let part = part.strip_prefix(lead).ok_or(BadTraceId)?;
            let plain = part.bytes().all(|b| b.is_ascii_hexdigit());
            plain
                .then(|| u64::from_str_radix(part, 16).ok())
                .flatten()
                .ok_or(BadTraceId)
        };
        let (epoch, shard) = (part(8, "")? as u32, part(4, "")? as u16);
        let (high, middle, low) = (part(4, "8")?, part(4, "8")?, part(12, "")?);
        if high > 0xf || parts.next().is_some() {
            return Err(BadTraceId);
        }
        Ok(Self {
            producer: Producer { epoch, shard },
            sequence: high << 60 | middle << 48 | low,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_like_a_uuid_and_comes_back() {
        for sequence in [1, 42, 1 << 48, u64::MAX] {
            let id = TraceId {
                producer: Producer { epoch: 7, shard: 3 },
                sequence,
            };
            assert_eq!(id.to_string().len(), 36);
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        assert_eq!("".parse::<TraceId>(), Err(BadTraceId));
        assert_eq!(
            "00000001-0000-4000-8000-00000000002a".parse::<TraceId>(),
            Err(BadTraceId)
        );
    }
}
