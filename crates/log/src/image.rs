// SPDX-License-Identifier: Apache-2.0
//! A stretch of the log in memory: taking records off it, and finding the next one after damage.
//!
//! A record's checksum is seeded with the log's salt and the record's own offset. So a record is
//! only one where it was written: neither bytes inside a payload nor blocks of another segment or
//! of an earlier life pass for it.

use hw_kernel::record::batch::{
    self, BadRecord, ENVELOPE_BYTES, ENVELOPE_VERSION, Envelope, PREFIX_BYTES, RECORD_BYTES_MAX,
};

use crate::sums::Sums;

/// Bytes of the log, the first of them at offset `base`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Image<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) base: u64,
    pub(crate) salt: u32,
}

/// What is at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// A whole record, checksum and all, and its length in bytes.
    Record(Envelope, usize),
    /// Perhaps the beginning of a record of that many bytes, which the image does not hold.
    Short(usize),
    /// A whole record of a newer release.
    Newer(u8),
    /// No record.
    Bad,
}

/// Where the checksum of a record at `offset` begins.
fn seed(salt: u32, offset: u64) -> u32 {
    crc32c::crc32c_append(salt, &offset.to_le_bytes())
}

/// The checksum of the record at `offset`, over what is behind its prefix.
pub(crate) fn checksum(salt: u32, offset: u64, behind_prefix: &[u8]) -> u32 {
    crc32c::crc32c_append(seed(salt, offset), behind_prefix)
}

impl<'a> Image<'a> {
    /// The offset of the byte at index `at`.
    pub(crate) fn offset(&self, at: usize) -> u64 {
        self.base.wrapping_add(at as u64)
    }

    /// Looks at index `at`.
    pub(crate) fn look(&self, at: usize) -> Found {
        let rest = self.bytes.get(at..).unwrap_or_default();
        let Some(total) = length(rest) else {
            let is_cut = rest.len() < PREFIX_BYTES;
            return if is_cut {
                Found::Short(ENVELOPE_BYTES)
            } else {
                Found::Bad
            };
        };
        let Some(record) = rest.get(..total) else {
            return Found::Short(total);
        };
        let stored = batch::checksum(record);
        if stored
            != Some(checksum(
                self.salt,
                self.offset(at),
                &record[PREFIX_BYTES..],
            ))
        {
            return Found::Bad;
        }
        self.decode(record)
    }

    /// Takes apart a record whose checksum is right.
    fn decode(&self, record: &[u8]) -> Found {
        match batch::decode(record) {
            Ok((decoded, total)) => Found::Record(decoded.envelope, total),
            Err(BadRecord::Version(version)) => Found::Newer(version),
            Err(_) => Found::Bad,
        }
    }

    /// The index of the first whole record at or after `from`.
    ///
    /// Each byte may be a record's first. Sums over prefixes make a candidate cost the same however
    /// long it claims to be, so that no payload makes this take more than linear time.
    pub(crate) fn find_record(&self, from: usize) -> Option<usize> {
        let mut sums = None;
        (from..self.bytes.len()).find(|at| {
            let rest = &self.bytes[*at..];
            let Some(record) = length(rest).and_then(|total| rest.get(..total)) else {
                return false;
            };
            if !looks_like_envelope(record) {
                return false;
            }
            let sums = sums.get_or_insert_with(|| Sums::new(&self.bytes[from..]));
            let start = *at - from;
            let seed = seed(self.salt, self.offset(*at));
            let expected = sums.append(seed, start + PREFIX_BYTES, start + record.len());
            batch::checksum(record) == Some(expected) && !matches!(self.decode(record), Found::Bad)
        })
    }
}

/// The length of a whole record that begins with `bytes`, if it is a possible one.
fn length(bytes: &[u8]) -> Option<usize> {
    let length = u32::from_le_bytes(*bytes.first_chunk::<4>()?) as usize;
    let possible = ENVELOPE_BYTES - PREFIX_BYTES..=RECORD_BYTES_MAX;
    (bytes.len() >= PREFIX_BYTES && possible.contains(&length)).then_some(PREFIX_BYTES + length)
}

/// Version and reserved fields as they must be: spares most checksums. A newer version may have
/// other rules.
fn looks_like_envelope(record: &[u8]) -> bool {
    match record.get(PREFIX_BYTES..ENVELOPE_BYTES) {
        Some([ENVELOPE_VERSION, 0, _, _, _, _, 0, 0, ..]) => true,
        Some([version, ..]) => *version > ENVELOPE_VERSION,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
