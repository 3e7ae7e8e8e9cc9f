// SPDX-License-Identifier: Apache-2.0
//! Segment files for tests, made in memory.

use hw_kernel::port::log::Stream;
use hw_kernel::record::batch::{Batch, PREFIX_BYTES};
use hw_kernel::testkit::log_suite::envelope;
use hw_model::trace::Producer;

use crate::format::{HEADER_BYTES, Header, Seal};
use crate::image;
use crate::life::Life;
use crate::summary::Summary;

pub(crate) const LIFE: Life = Life {
    epoch: 3,
    salt: 0x5a17_0001,
};

pub(crate) const PRODUCER: Producer = Producer { epoch: 9, shard: 2 };

/// A segment file and where its records begin and end in it.
pub(crate) struct Sample {
    pub(crate) file: Vec<u8>,
    /// Sequence and range of each record.
    pub(crate) records: Vec<(u64, std::ops::Range<usize>)>,
    pub(crate) first: u64,
    summary: Summary,
}

/// A segment that begins at `first`, with a record for each of `bodies`, numbered from 1.
pub(crate) fn sample(first: u64, bodies: &[&[u8]]) -> Sample {
    let header = Header {
        life: LIFE,
        first,
        follows: first,
    };
    let mut sample = Sample {
        file: header.encode().to_vec(),
        records: Vec::new(),
        first,
        summary: Summary::default(),
    };
    for (n, body) in bodies.iter().enumerate() {
        let sequence = n as u64 + 1;
        let start = sample.file.len();
        let envelope = envelope(Stream(1 + n as u16 % 2), PRODUCER, sequence);
        let mut batch = Batch::default();
        batch.push(&envelope, |out| out.extend_from_slice(body));
        let offset = sample.offset(start);
        sample.file.extend(record_at(batch, offset));
        sample.records.push((sequence, start..sample.file.len()));
        let end = sample.offset(sample.file.len());
        sample.summary.note(&envelope, end);
    }
    sample
}

/// A batch of one record as the writer would write it at `offset`.
pub(crate) fn record_at(batch: Batch, offset: u64) -> Vec<u8> {
    let mut bytes = batch.into_bytes();
    let checksum = image::checksum(LIFE.salt, offset, &bytes[PREFIX_BYTES..]);
    bytes[4..PREFIX_BYTES].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

impl Sample {
    pub(crate) fn offset(&self, at: usize) -> u64 {
        self.first + (at - HEADER_BYTES) as u64
    }

    /// Adds the seal.
    pub(crate) fn sealed(mut self) -> Self {
        let seal = Seal {
            first: self.first,
            end: self.offset(self.file.len()),
            summary: self.summary.clone(),
        };
        self.file.extend(seal.encode(LIFE.salt));
        self
    }

    /// Sequences of the records that lie outside of `damaged`.
    pub(crate) fn outside(&self, damaged: &std::ops::Range<usize>) -> Vec<u64> {
        let apart = |record: &std::ops::Range<usize>| {
            record.end <= damaged.start || damaged.end <= record.start
        };
        let records = self.records.iter().filter(|(_, range)| apart(range));
        records.map(|(sequence, _)| *sequence).collect()
    }
}
