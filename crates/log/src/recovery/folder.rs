// SPDX-License-Identifier: Apache-2.0
//! Recovery of a whole folder at open. Sealed segments are taken at their seal's word and checked
//! when they are read; only what was left open is scanned.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::error::OpenError;
use crate::folder;
use crate::format::{BadHeader, HEADER_BYTES, Header, Seal};
use crate::lenient;
use crate::life::Life;
use crate::recovery::mend::{self, Mended};
use crate::recovery::{Recovery, Tail, scan_as};
use crate::segments::{Newest, Segment};

/// How far beyond the end the next segment begins after a crash. Whatever was lost at the end, a
/// reader that had read it does not mistake what comes for it.
pub(crate) const JUMP_BYTES: u64 = 1 << 30;

/// A folder that is ready for a writer.
#[derive(Debug)]
pub(crate) struct Recovered {
    pub(crate) life: Life,
    /// All segments with records, oldest first.
    pub(crate) segments: Vec<Segment>,
    /// What the next segment's header must say.
    pub(crate) newest: Newest,
    /// A segment without records, to be removed once there is the next one.
    pub(crate) empty: Option<u64>,
    pub(crate) report: Recovery,
}

/// One segment file on the way.
struct Candidate<'a> {
    dir: &'a Path,
    life: Life,
    header: Option<Header>,
    first: u64,
    follows: u64,
    /// Where it must reach at least, if another one follows.
    must_reach: Option<u64>,
    /// Whether its pages in memory may not be what is on disk.
    is_suspect: bool,
}

/// Brings the folder into order.
pub(crate) fn recover(dir: &Path) -> Result<Recovered, OpenError> {
    let firsts = folder::segments(dir).map_err(OpenError::at(dir))?;
    let headers: Vec<_> = firsts
        .iter()
        .map(|first| header(dir, *first))
        .collect::<Result<_, _>>()?;
    let from_headers = headers.iter().flatten().map(|header| header.life).next();
    let life = Life::of(dir, firsts.len(), from_headers)?;
    let is_suspect = dir.join(folder::FAILED).exists();
    let mut all = Recovered {
        life,
        segments: Vec::new(),
        newest: Newest {
            first: 0,
            follows: 0,
        },
        empty: None,
        report: Recovery::default(),
    };
    for (n, first) in firsts.iter().copied().enumerate() {
        let header = headers[n].filter(|header| header.life == life && header.first == first);
        let before = all.segments.last().map_or(0, |segment| segment.end);
        let is_newest = n + 1 == firsts.len();
        let next = headers.get(n + 1).copied().flatten();
        let candidate = Candidate {
            dir,
            life,
            header,
            first,
            follows: header.map_or_else(|| guess_follows(before, first), |h| h.follows),
            must_reach: next.map(|next| next.follows),
            is_suspect: is_suspect && is_newest,
        };
        all.settle(&candidate, is_newest)?;
    }
    // A run that ended while it put a segment aside has left pieces that were made again now.
    all.segments.sort_by_key(|segment| segment.first);
    all.segments.dedup_by_key(|segment| segment.first);
    if is_suspect {
        let marker = dir.join(folder::FAILED);
        std::fs::remove_file(&marker).map_err(OpenError::at(marker))?;
    }
    Ok(all)
}

/// A jump after a crash is told from lost segments by its size, if no header says.
fn guess_follows(before: u64, first: u64) -> u64 {
    let is_jump = first.saturating_sub(before) >= JUMP_BYTES;
    if is_jump { before } else { first }
}

fn header(dir: &Path, first: u64) -> Result<Option<Header>, OpenError> {
    let file = folder::segment_name(first);
    let path = dir.join(&file);
    let opened = File::open(&path).map_err(OpenError::at(&path))?;
    let bytes = lenient::read_at(&opened, 0, HEADER_BYTES).map_err(OpenError::at(&path))?;
    match Header::decode(&bytes) {
        Ok(header) => Ok(Some(header)),
        Err(BadHeader::Damaged) => Ok(None),
        Err(BadHeader::Newer(version)) => Err(OpenError::Newer { file, version }),
    }
}

/// The seal at the end of a file, if it fits the file.
fn seal(file: &File, salt: u32, first: u64) -> std::io::Result<Option<Seal>> {
    let bytes = file.metadata()?.len();
    let mut last = [0; 8];
    let Some(at) = bytes.checked_sub(8) else {
        return Ok(None);
    };
    if file.read_exact_at(&mut last, at).is_err() {
        return Ok(None);
    }
    let length = Seal::length(&last).unwrap_or_default();
    let Some(at) = bytes.checked_sub(length as u64).filter(|_| length > 0) else {
        return Ok(None);
    };
    let tail = lenient::read_at(file, at, length)?;
    let fits = |seal: &Seal| {
        seal.first == first && at.checked_sub(HEADER_BYTES as u64) == Some(seal.end - first)
    };
    Ok(Seal::decode(&tail, salt).map(|(seal, _)| seal).filter(fits))
}

impl Recovered {
    /// Takes in one segment file, mended if need be.
    fn settle(&mut self, of: &Candidate<'_>, is_newest: bool) -> Result<(), OpenError> {
        let path = of.dir.join(folder::segment_name(of.first));
        let io = || OpenError::at(path.clone());
        let file = File::open(&path).map_err(io())?;
        let sealed = seal(&file, of.life.salt, of.first).map_err(io())?;
        match sealed {
            Some(seal) if of.header.is_some() && !of.is_suspect => {
                self.newest = Newest {
                    first: seal.end,
                    follows: seal.end,
                };
                if seal.summary.records == 0 {
                    self.newest.follows = of.follows;
                    self.empty = is_newest.then_some(of.first);
                } else {
                    self.segments.push(Segment {
                        first: of.first,
                        follows: of.follows,
                        end: seal.end,
                        summary: seal.summary,
                    });
                }
                Ok(())
            }
            _ => self.scan_and_settle(of, &file, is_newest),
        }
    }

    fn scan_and_settle(
        &mut self,
        of: &Candidate<'_>,
        file: &File,
        is_newest: bool,
    ) -> Result<(), OpenError> {
        let name = folder::segment_name(of.first);
        let io = || OpenError::at(of.dir.join(&name));
        let length = file.metadata().map_err(io())?.len() as usize;
        let bytes = lenient::read_at(file, 0, length).map_err(io())?;
        let scan = scan_as(&bytes, of.life, of.first);
        if let Some(version) = scan.newer {
            return Err(OpenError::Newer {
                file: name,
                version,
            });
        }
        self.report.scanned_bytes += length as u64;
        self.report.was_left_open |= is_newest && scan.tail != Tail::Sealed;
        let mended = Mended::new(&bytes, &scan, of.first, of.follows, of.must_reach);
        let segments =
            mend::apply(of.dir, of.life, &mended, of.is_suspect, is_newest).map_err(io())?;
        self.report.quarantined.extend(segments.quarantined);
        self.report.truncated_bytes += mended.truncated_bytes();
        let nothing_in_it = segments.kept.is_empty();
        self.segments.extend(segments.kept);
        let file_end = of.first + length.saturating_sub(HEADER_BYTES) as u64;
        self.newest = Newest {
            first: mended.end().max(file_end) + JUMP_BYTES,
            follows: match mended.is_untouched() && nothing_in_it {
                true => of.follows,
                false => mended.end(),
            },
        };
        if is_newest && nothing_in_it {
            self.empty = Some(of.first);
        }
        Ok(())
    }
}
