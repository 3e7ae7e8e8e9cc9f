// SPDX-License-Identifier: Apache-2.0
//! Scanning one segment file: what in it are records, what is damaged, how it ends. Takes any
//! bytes.

use std::ops::Range;

use hw_kernel::record::batch::RecordRef;

use crate::format::{BadHeader, HEADER_BYTES, Header, Seal};
use crate::image::{Found, Image};
use crate::life::Life;
use crate::summary::Summary;

/// How a segment's file ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tail {
    /// With a seal: nothing is added any more.
    Sealed,
    /// With its last record.
    Open,
    /// With that many bytes that no record follows: part of a write.
    Torn(u64),
}

/// What is in a segment's file. Ranges are of bytes in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// Whether the header is whole, and of the storage and the offset it should be.
    pub header_is_good: bool,
    /// Stretches of whole records, one behind the other, in order, none empty.
    pub good: Vec<Range<usize>>,
    /// Stretches that are no records, with a record or a seal behind them.
    pub damaged: Vec<Range<usize>>,
    /// How it ends.
    pub tail: Tail,
    /// The version, if it is of a newer release: then nothing else counts.
    pub newer: Option<u32>,
    /// What each good stretch holds.
    pub(crate) summaries: Vec<Summary>,
}

impl Scan {
    /// The records, in order; `file` is what was scanned.
    pub fn records<'a>(&self, file: &'a [u8]) -> impl Iterator<Item = RecordRef<'a>> {
        let runs = self.good.clone().into_iter();
        runs.flat_map(|run| hw_kernel::record::batch::records(&file[run]))
    }

    /// Where in the file the last record ends; behind the header if there is none.
    pub(crate) fn end(&self) -> usize {
        self.good.last().map_or(HEADER_BYTES, |run| run.end)
    }
}

/// Scans a segment's file that its own header speaks for. Never panics; a file whose header is
/// damaged gives no records, because nothing tells its checksums' seed.
pub fn scan(file: &[u8]) -> Scan {
    match Header::decode(file) {
        Ok(header) => scan_as(file, header.life, header.first),
        Err(bad) => Scan {
            header_is_good: false,
            good: Vec::new(),
            damaged: Vec::new(),
            tail: Tail::Torn(file.len() as u64),
            newer: newer(Err(bad)),
            summaries: Vec::new(),
        },
    }
}

/// Scans a segment's file as that of storage `life` which begins at offset `first`, whatever its
/// header says.
pub(crate) fn scan_as(file: &[u8], life: Life, first: u64) -> Scan {
    let header = Header::decode(file);
    let base = first.wrapping_sub(HEADER_BYTES as u64);
    let seal = Seal::decode(file, life.salt).filter(|(seal, length)| {
        let end = base.wrapping_add((file.len() - length) as u64);
        seal.first == first && seal.end == end
    });
    let body = match &seal {
        Some((_, length)) => &file[..file.len() - length],
        None => file,
    };
    let mut scan = Scan {
        header_is_good: header.is_ok_and(|header| header.life == life && header.first == first),
        good: Vec::new(),
        damaged: Vec::new(),
        tail: seal.as_ref().map_or(Tail::Open, |_| Tail::Sealed),
        newer: newer(header),
        summaries: Vec::new(),
    };
    let image = Image {
        bytes: body,
        base,
        salt: life.salt,
    };
    scan_body(&image, &mut scan);
    scan
}

fn newer(header: Result<Header, BadHeader>) -> Option<u32> {
    match header {
        Err(BadHeader::Newer(version)) => Some(version),
        _ => None,
    }
}

fn scan_body(image: &Image<'_>, scan: &mut Scan) {
    let end = image.bytes.len();
    let mut at = HEADER_BYTES;
    let mut run = at;
    let mut summary = Summary::default();
    while at < end {
        match image.look(at) {
            Found::Record(envelope, length) => {
                at += length;
                summary.note(&envelope, image.offset(at));
                continue;
            }
            Found::Newer(version) => {
                scan.newer = Some(version.into());
                return;
            }
            Found::Short(_) | Found::Bad => {}
        }
        scan.take_run(run..at, std::mem::take(&mut summary));
        let next = image.find_record(at + 1);
        match (next, &scan.tail) {
            (None, Tail::Open) => {
                scan.tail = Tail::Torn((end - at) as u64);
                return;
            }
            _ => scan.damaged.push(at..next.unwrap_or(end)),
        }
        at = next.unwrap_or(end);
        run = at;
    }
    scan.take_run(run..at, summary);
}

impl Scan {
    fn take_run(&mut self, run: Range<usize>, summary: Summary) {
        if summary.records > 0 {
            self.good.push(run);
            self.summaries.push(summary);
        }
    }
}

#[cfg(test)]
mod tests;
