// SPDX-License-Identifier: Apache-2.0
//! The record envelope, version 1, and batches of records on their way to the Log.
//!
//! ```text
//! u32 length      bytes behind the checksum
//! u32 crc32c      over all that; 0 until its writer fills it in
//! u8  version     1
//! u8  reserved    0
//! u16 stream
//! u16 shard       producer
//! u16 reserved    0
//! u32 epoch       producer
//! u64 sequence    producer's, counts from 1
//! u64 account
//! i64 time        microseconds since 1970
//! …   body        by stream
//! ```
//! Integers are little-endian.

use hw_model::trace::{Producer, TraceId};
use hw_model::{AccountId, Timestamp};

use crate::port::log::Stream;
use crate::record::wire::Fields;

/// Version of the envelope that this release writes; a greater one is refused by name.
pub const ENVELOPE_VERSION: u8 = 1;

/// Bytes before the body.
pub const ENVELOPE_BYTES: usize = PREFIX_BYTES + 36;

/// Bytes of length and checksum.
pub const PREFIX_BYTES: usize = 8;

/// Most bytes of one record, envelope and all: an MQTT packet of 256 MB would not fit, and is
/// refused by the broker's own limit long before.
pub const RECORD_BYTES_MAX: usize = 64 << 20;

/// Everything about a record but its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope {
    /// Which stream it belongs to.
    pub stream: Stream,
    /// Whose it is.
    pub account: AccountId,
    /// Producer and sequence.
    pub trace: TraceId,
    /// When it was taken in.
    pub time: Timestamp,
}

/// A record as it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordRef<'a> {
    /// Its envelope.
    pub envelope: Envelope,
    /// Its body, by stream.
    pub body: &'a [u8],
}

/// Records encoded one behind the other, checksums still 0.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    records: usize,
}

impl Batch {
    /// Appends a record; `write` appends its body.
    pub fn push(&mut self, envelope: &Envelope, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        let out = &mut self.bytes;
        let (stream, trace) = (envelope.stream.0, envelope.trace);
        out.extend_from_slice(&[0; PREFIX_BYTES]);
        out.extend_from_slice(&[ENVELOPE_VERSION, 0]);
        out.extend_from_slice(&stream.to_le_bytes());
        out.extend_from_slice(&trace.producer.shard.to_le_bytes());
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(&trace.producer.epoch.to_le_bytes());
        out.extend_from_slice(&trace.sequence.to_le_bytes());
        out.extend_from_slice(&envelope.account.number().to_le_bytes());
        out.extend_from_slice(&envelope.time.0.to_le_bytes());
        write(out);
        let length = u32::try_from(out.len() - start - PREFIX_BYTES).unwrap_or(u32::MAX);
        out[start..start + 4].copy_from_slice(&length.to_le_bytes());
        self.records += 1;
    }

    /// How many records.
    pub fn len(&self) -> usize {
        self.records
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// The encoded records.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The encoded records, for the Log's writer to put checksums in and write.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// An empty batch that reuses a buffer.
    pub fn reusing(mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        Self {
            bytes: buffer,
            records: 0,
        }
    }
}

/// Why bytes are not a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRecord {
    /// The slice ends before the record does.
    #[error("a record is cut off")]
    Short,
    /// The length can't be one of a record.
    #[error("a record's length is impossible")]
    Length,
    /// Written by a newer release.
    #[error("a record has version {0}, newer than this release reads")]
    Version(u8),
    /// The account or a reserved field can't be.
    #[error("a record's envelope is impossible")]
    Envelope,
}

/// Takes the record off the front of `bytes`: the record, and how many bytes it took. The checksum
/// is the caller's to check, over `bytes[8..taken]`.
pub fn decode(bytes: &[u8]) -> Result<(RecordRef<'_>, usize), BadRecord> {
    let mut fields = Fields(bytes);
    let length = fields.u32().ok_or(BadRecord::Short)? as usize;
    if !(ENVELOPE_BYTES - PREFIX_BYTES..=RECORD_BYTES_MAX).contains(&length) {
        return Err(BadRecord::Length);
    }
    fields.u32().ok_or(BadRecord::Short)?;
    let mut fields = Fields(fields.take(length).ok_or(BadRecord::Short)?);
    let envelope = envelope(&mut fields)?;
    Ok((
        RecordRef {
            envelope,
            body: fields.0,
        },
        PREFIX_BYTES + length,
    ))
}

fn envelope(fields: &mut Fields<'_>) -> Result<Envelope, BadRecord> {
    match fields.u8() {
        Some(ENVELOPE_VERSION) => {}
        Some(version) if version > ENVELOPE_VERSION => return Err(BadRecord::Version(version)),
        _ => return Err(BadRecord::Envelope),
    }
    let read = |fields: &mut Fields<'_>| {
        fields.u8()?;
        let (stream, shard) = (fields.u16()?, fields.u16()?);
        fields.u16()?;
        let (epoch, sequence) = (fields.u32()?, fields.u64()?);
        let account = AccountId::from_number(fields.u64()?)?;
        let time = Timestamp(fields.u64()? as i64);
        let trace = TraceId {
            producer: Producer { epoch, shard },
            sequence,
        };
        Some(Envelope {
            stream: Stream(stream),
            account,
            trace,
            time,
        })
    };
    read(fields).ok_or(BadRecord::Envelope)
}

/// The checksum field of the record at the front of `bytes`.
pub fn checksum(bytes: &[u8]) -> Option<u32> {
    bytes.get(4..8)?.try_into().ok().map(u32::from_le_bytes)
}

/// Walks over whole records; stops at the end or at the first byte that is not a record's.
pub fn records(mut bytes: &[u8]) -> impl Iterator<Item = RecordRef<'_>> {
    std::iter::from_fn(move || {
        let (record, taken) = decode(bytes).ok()?;
        bytes = &bytes[taken..];
        Some(record)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(sequence: u64) -> Envelope {
        let producer = Producer { epoch: 3, shard: 1 };
        let (trace, time) = (TraceId { producer, sequence }, Timestamp(-5));
        Envelope {
            stream: Stream::EVENTS,
            account: AccountId::MAX,
            trace,
            time,
        }
    }

    #[test]
    fn comes_back_whole_and_never_past_a_cut() {
        let mut batch = Batch::default();
        batch.push(&envelope(1), |out| out.extend_from_slice(b"one"));
        batch.push(&envelope(2), |_| {});
        let found: Vec<_> = records(batch.bytes())
            .map(|r| (r.envelope, r.body.to_vec()))
            .collect();
        assert_eq!(
            found,
            [(envelope(1), b"one".to_vec()), (envelope(2), vec![])]
        );
        let first = ENVELOPE_BYTES + 3;
        for cut in 0..first {
            assert!(decode(&batch.bytes()[..cut]).is_err(), "{cut}");
        }
        assert_eq!(decode(batch.bytes()).map(|(_, taken)| taken), Ok(first));
    }

    #[test]
    fn a_newer_version_is_named() {
        let mut batch = Batch::default();
        batch.push(&envelope(1), |_| {});
        let mut bytes = batch.into_bytes();
        bytes[8] = 9;
        assert_eq!(decode(&bytes).unwrap_err(), BadRecord::Version(9));
        bytes[..4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(decode(&bytes).unwrap_err(), BadRecord::Length);
    }
}
