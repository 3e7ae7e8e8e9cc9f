// SPDX-License-Identifier: Apache-2.0
//! Batches that are written together: checksums, offsets, and what each is answered.

use std::collections::BTreeMap;
use std::io::IoSlice;
use std::sync::Arc;

use hw_kernel::port::log::LogError;
use hw_kernel::record::batch::{self, PREFIX_BYTES};

use crate::durable::Durable;
use crate::image;
use crate::queue::Pending;
use crate::summary::Summary;

/// Batches on their way into one sync.
pub(super) struct Group {
    batches: Vec<Numbered>,
    pub(super) summary: Summary,
    /// Offset behind the last record.
    pub(super) end: u64,
}

struct Numbered {
    pending: Pending,
    /// The streams that it has records of.
    streams: BTreeMap<u16, u64>,
    end: u64,
}

impl Group {
    /// Gives each record its offset and its checksum. A batch that holds no proper records is
    /// refused alone.
    pub(super) fn new(pending: Vec<Pending>, start: u64, salt: u32) -> Self {
        let mut group = Self {
            batches: Vec::with_capacity(pending.len()),
            summary: Summary::default(),
            end: start,
        };
        for mut pending in pending {
            let mut summary = Summary::default();
            match number(&mut pending.bytes, group.end, salt, &mut summary) {
                Ok(end) => {
                    group.end = end;
                    group.summary.extend(&summary);
                }
                Err(bad) => {
                    summary = Summary::default();
                    let why = format!("a batch was refused: {bad}");
                    pending.refuse(LogError::Damaged(Arc::from(why)));
                }
            }
            group.batches.push(Numbered {
                pending,
                streams: summary.streams,
                end: group.end,
            });
        }
        group
    }

    /// The bytes to write, in order.
    pub(super) fn parts(&self) -> Vec<IoSlice<'_>> {
        let bytes = self.batches.iter().map(|batch| &batch.pending.bytes);
        bytes.map(|bytes| IoSlice::new(bytes)).collect()
    }

    /// Everything is durable.
    pub(super) fn answer(self, durable: &Durable) {
        for mut batch in self.batches {
            let outcome = match batch.pending.refusal.take() {
                Some(refusal) => Err(refusal),
                None => {
                    batch.streams.values_mut().for_each(|end| *end = batch.end);
                    Ok(durable.at(&batch.streams))
                }
            };
            batch.pending.answer(outcome);
        }
    }

    /// Nothing is.
    pub(super) fn fail(self, error: &LogError) {
        for mut batch in self.batches {
            let refusal = batch.pending.refusal.take();
            batch
                .pending
                .answer(Err(refusal.unwrap_or_else(|| error.clone())));
        }
    }
}

/// Fills in the checksums of a batch that begins at offset `start`; gives its end.
fn number(
    bytes: &mut [u8],
    start: u64,
    salt: u32,
    summary: &mut Summary,
) -> Result<u64, batch::BadRecord> {
    let mut at = 0;
    while at < bytes.len() {
        let (record, total) = batch::decode(&bytes[at..])?;
        let envelope = record.envelope;
        let offset = start + at as u64;
        let checksum = image::checksum(salt, offset, &bytes[at + PREFIX_BYTES..at + total]);
        bytes[at + 4..at + PREFIX_BYTES].copy_from_slice(&checksum.to_le_bytes());
        at += total;
        summary.note(&envelope, start + at as u64);
    }
    Ok(start + at as u64)
}
