// SPDX-License-Identifier: Apache-2.0
//! The segment file, format 1: header and seal. Integers are little-endian.
//!
//! ```text
//! header, 64 bytes            seal, behind the last record
//!  0 magic "HWLOG\0\0\0"       0 magic "HWSEAL\0\1": as a record's length impossible
//!  8 u32 format                8 u64 first       16 u64 end: offsets
//! 12 u32 epoch                24 u64 records     32 i64 last time
//! 16 u32 salt                 40 u32 streams, then for each u16 stream, u64 end
//! 24 u64 first offset          … u32 length of the seal
//! 32 u64 follows               … u32 crc32c of all that, seeded with the salt
//! 60 u32 crc32c of all that
//! ```
//! `follows` is where the segment before ended. Offsets between it and `first` were never given to
//! a record: after a crash the next segment begins further on, so that no offset is used twice.

use bytes::Buf;

use crate::life::Life;
use crate::summary::Summary;

/// Version of segments that this release writes; a greater one is refused.
pub const FORMAT: u32 = 1;

/// Bytes before the first record.
pub(crate) const HEADER_BYTES: usize = 64;

const HEADER_MAGIC: &[u8; 8] = b"HWLOG\0\0\0";
const SEAL_MAGIC: &[u8; 8] = b"HWSEAL\0\x01";
const SEAL_FIXED_BYTES: usize = 44 + 8;
const SEAL_STREAM_BYTES: usize = 10;

/// Most bytes of a seal: every stream there can be.
pub(crate) const SEAL_BYTES_MAX: usize = SEAL_FIXED_BYTES + SEAL_STREAM_BYTES * (1 << 16);

/// The beginning of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) life: Life,
    /// Offset of the first record.
    pub(crate) first: u64,
    /// Offset where the segment before ended.
    pub(crate) follows: u64,
}

/// Why bytes are no header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadHeader {
    /// Cut off, or the checksum is wrong.
    Damaged,
    /// Written by a newer release.
    Newer(u32),
}

impl Header {
    pub(crate) fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut out = [0; HEADER_BYTES];
        out[..8].copy_from_slice(HEADER_MAGIC);
        out[8..12].copy_from_slice(&FORMAT.to_le_bytes());
        out[12..16].copy_from_slice(&self.life.epoch.to_le_bytes());
        out[16..20].copy_from_slice(&self.life.salt.to_le_bytes());
        out[24..32].copy_from_slice(&self.first.to_le_bytes());
        out[32..40].copy_from_slice(&self.follows.to_le_bytes());
        let checksum = crc32c::crc32c(&out[..60]);
        out[60..].copy_from_slice(&checksum.to_le_bytes());
        out
    }

    pub(crate) fn decode(file: &[u8]) -> Result<Self, BadHeader> {
        let bytes = file.get(..HEADER_BYTES).ok_or(BadHeader::Damaged)?;
        let (covered, checksum) = bytes.split_at(60);
        let whole = crc32c::crc32c(covered).to_le_bytes() == checksum;
        if !whole || !covered.starts_with(HEADER_MAGIC) {
            return Err(BadHeader::Damaged);
        }
        let mut fields = &covered[HEADER_MAGIC.len()..];
        match fields.try_get_u32_le() {
            Ok(FORMAT) => {}
            Ok(format) if format > FORMAT => return Err(BadHeader::Newer(format)),
            _ => return Err(BadHeader::Damaged),
        }
        let mut read = || {
            let (epoch, salt) = (fields.try_get_u32_le()?, fields.try_get_u32_le()?);
            fields.try_get_u32_le()?;
            Ok::<_, bytes::TryGetError>(Header {
                life: Life { epoch, salt },
                first: fields.try_get_u64_le()?,
                follows: fields.try_get_u64_le()?,
            })
        };
        let header = read().map_err(|_| BadHeader::Damaged)?;
        let in_order = header.follows <= header.first;
        in_order.then_some(header).ok_or(BadHeader::Damaged)
    }
}

/// The end of a segment that is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seal {
    pub(crate) first: u64,
    /// Offset behind the last record.
    pub(crate) end: u64,
    pub(crate) summary: Summary,
}

impl Seal {
    pub(crate) fn encode(&self, salt: u32) -> Vec<u8> {
        let Summary {
            records,
            last_time,
            streams,
        } = &self.summary;
        let length = SEAL_FIXED_BYTES + SEAL_STREAM_BYTES * streams.len();
        let mut out = Vec::with_capacity(length);
        out.extend_from_slice(SEAL_MAGIC);
        for number in [self.first, self.end, *records, *last_time as u64] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&(streams.len() as u32).to_le_bytes());
        for (stream, end) in streams {
            out.extend_from_slice(&stream.to_le_bytes());
            out.extend_from_slice(&end.to_le_bytes());
        }
        out.extend_from_slice(&(length as u32).to_le_bytes());
        let checksum = crc32c::crc32c_append(salt, &out);
        out.extend_from_slice(&checksum.to_le_bytes());
        out
    }

    /// How long the seal is that ends with `tail`, if one does: its last 8 bytes say.
    pub(crate) fn length(tail: &[u8]) -> Option<usize> {
        let (_, last) = tail.split_last_chunk::<8>()?;
        let length = u32::from_le_bytes(*last.first_chunk::<4>()?) as usize;
        (SEAL_FIXED_BYTES..=SEAL_BYTES_MAX)
            .contains(&length)
            .then_some(length)
    }

    /// The seal at the very end of `tail`, and how long it is.
    pub(crate) fn decode(tail: &[u8], salt: u32) -> Option<(Self, usize)> {
        let length = Self::length(tail)?;
        let bytes = tail.get(tail.len().checked_sub(length)?..)?;
        let (covered, checksum) = bytes.split_last_chunk::<4>()?;
        if crc32c::crc32c_append(salt, covered).to_le_bytes() != *checksum {
            return None;
        }
        let mut fields = covered.strip_prefix(SEAL_MAGIC)?;
        let mut number = || fields.try_get_u64_le().ok();
        let (first, end, records) = (number()?, number()?, number()?);
        let last_time = number()? as i64;
        let count = fields.try_get_u32_le().ok()?;
        let mut stream = || Some((fields.try_get_u16_le().ok()?, fields.try_get_u64_le().ok()?));
        let streams = (0..count).map(|_| stream()).collect::<Option<_>>()?;
        let summary = Summary {
            records,
            last_time,
            streams,
        };
        let seal = Seal {
            first,
            end,
            summary,
        };
        (seal.first <= seal.end).then_some((seal, length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Life = Life {
        epoch: 7,
        salt: 0xdead_beef,
    };

    #[test]
    fn a_header_comes_back_and_any_flipped_bit_shows() {
        let header = Header {
            life: LIFE,
            first: 1 << 40,
            follows: 99,
        };
        let bytes = header.encode();
        assert_eq!(Header::decode(&bytes), Ok(header));
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::decode(&bad), Err(BadHeader::Damaged), "{bit}");
        }
        let mut newer = bytes;
        newer[8] = 2;
        let checksum = crc32c::crc32c(&newer[..60]);
        newer[60..].copy_from_slice(&checksum.to_le_bytes());
        assert_eq!(Header::decode(&newer), Err(BadHeader::Newer(2)));
    }

    #[test]
    fn a_seal_comes_back_and_any_flipped_bit_shows() {
        let seal = Seal {
            first: 5,
            end: 500,
            summary: Summary {
                records: 3,
                last_time: -1,
                streams: [(1, 400), (9, 500)].into(),
            },
        };
        let bytes = seal.encode(LIFE.salt);
        let file = [b"records".as_slice(), &bytes].concat();
        assert_eq!(Seal::decode(&file, LIFE.salt), Some((seal, bytes.len())));
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Seal::decode(&bad, LIFE.salt), None, "{bit}");
        }
        assert_eq!(Seal::decode(&bytes, 1), None, "of another storage");
        for cut in 0..bytes.len() {
            assert_eq!(Seal::decode(&bytes[..cut], LIFE.salt), None);
        }
    }
}
