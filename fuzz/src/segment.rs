// SPDX-License-Identifier: Apache-2.0
//! A segment file of the Log, format 1, written here a second time from its description, so that
//! the recovery is tested against that and not against its own writer.

use std::ops::Range;

use hw_kernel::port::log::Stream;
use hw_kernel::record::batch::{Batch, Envelope, PREFIX_BYTES};
use hw_model::trace::{Producer, TraceId};
use hw_model::{AccountId, Timestamp};

/// Bytes before the first record.
pub const HEADER_BYTES: usize = 64;

/// A segment in memory.
#[derive(Debug, Clone)]
pub struct Segment {
    /// The file.
    pub file: Vec<u8>,
    /// Where each record stands in it.
    pub records: Vec<Range<usize>>,
    salt: u32,
    first: u64,
    last_time: i64,
    stream_ends: [Option<u64>; 2],
}

impl Segment {
    /// One without records, whose first byte behind the header has the offset `first`.
    pub fn new(salt: u32, first: u64) -> Self {
        let mut file = b"HWLOG\0\0\0".to_vec();
        let (format, epoch, reserved) = (1_u32, 9_u32, 0_u32);
        for number in [format, epoch, salt, reserved] {
            file.extend_from_slice(&number.to_le_bytes());
        }
        let follows = first;
        for offset in [first, follows] {
            file.extend_from_slice(&offset.to_le_bytes());
        }
        file.resize(HEADER_BYTES - 4, 0);
        let sum = crc32c::crc32c(&file);
        file.extend_from_slice(&sum.to_le_bytes());
        let (last_time, stream_ends) = (i64::MIN, [None; 2]);
        Segment {
            file,
            records: Vec::new(),
            salt,
            first,
            last_time,
            stream_ends,
        }
    }

    fn offset(&self, at: usize) -> u64 {
        self.first + (at - HEADER_BYTES) as u64
    }

    /// Appends a record; they are numbered from 1.
    pub fn push(&mut self, body: &[u8]) {
        let start = self.file.len();
        let sequence = self.records.len() as u64 + 1;
        let stream = sequence as usize % 2;
        let envelope = Envelope {
            stream: [Stream::MESSAGES, Stream::EVENTS][stream],
            account: AccountId::FIRST,
            trace: TraceId {
                producer: Producer { epoch: 3, shard: 1 },
                sequence,
            },
            time: Timestamp(sequence as i64 * 1_000),
        };
        let mut batch = Batch::default();
        batch.push(&envelope, |out| out.extend_from_slice(body));
        let mut bytes = batch.into_bytes();
        let seed = crc32c::crc32c_append(self.salt, &self.offset(start).to_le_bytes());
        let sum = crc32c::crc32c_append(seed, &bytes[PREFIX_BYTES..]);
        bytes[4..PREFIX_BYTES].copy_from_slice(&sum.to_le_bytes());
        self.file.extend_from_slice(&bytes);
        self.records.push(start..self.file.len());
        self.last_time = envelope.time.0;
        self.stream_ends[stream] = Some(self.offset(self.file.len()));
    }

    /// Puts the seal behind the last record.
    pub fn seal(&mut self) {
        let end = self.offset(self.file.len());
        let mut seal = b"HWSEAL\0\x01".to_vec();
        let records = self.records.len() as u64;
        for number in [self.first, end, records, self.last_time as u64] {
            seal.extend_from_slice(&number.to_le_bytes());
        }
        let numbers = [Stream::MESSAGES, Stream::EVENTS].map(|stream| stream.0);
        let ends = numbers.into_iter().zip(self.stream_ends);
        let mut ends: Vec<_> = ends
            .filter_map(|(stream, end)| Some((stream, end?)))
            .collect();
        ends.sort_unstable();
        seal.extend_from_slice(&(ends.len() as u32).to_le_bytes());
        for (stream, end) in ends {
            seal.extend_from_slice(&stream.to_le_bytes());
            seal.extend_from_slice(&end.to_le_bytes());
        }
        let length = seal.len() + 8;
        seal.extend_from_slice(&(length as u32).to_le_bytes());
        let sum = crc32c::crc32c_append(self.salt, &seal);
        seal.extend_from_slice(&sum.to_le_bytes());
        self.file.extend_from_slice(&seal);
    }
}
