// SPDX-License-Identifier: Apache-2.0
//! Making one scanned segment file good: cut and sealed, or put aside and its good stretches
//! written anew. A crash in the midst leaves what the next open mends again to the same.

use std::io::Result;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::folder::{self, QUARANTINE};
use crate::format::{HEADER_BYTES, Header, Seal};
use crate::life::Life;
use crate::recovery::{Quarantined, Scan, Tail};
use crate::segments::Segment;
use crate::summary::Summary;

/// A scanned segment and what is to become of it.
pub(super) struct Mended<'a> {
    file: &'a [u8],
    scan: &'a Scan,
    first: u64,
    follows: u64,
    must_reach: Option<u64>,
}

/// What has become of it.
pub(super) struct Outcome {
    pub(super) kept: Vec<Segment>,
    pub(super) quarantined: Option<Quarantined>,
}

impl<'a> Mended<'a> {
    pub(super) fn new(
        file: &'a [u8],
        scan: &'a Scan,
        first: u64,
        follows: u64,
        must_reach: Option<u64>,
    ) -> Self {
        Self {
            file,
            scan,
            first,
            follows,
            must_reach,
        }
    }

    fn offset(&self, at: usize) -> u64 {
        self.first + at.saturating_sub(HEADER_BYTES) as u64
    }

    /// The offset up to which there were records, as far as that is known.
    pub(super) fn end(&self) -> u64 {
        let nothing = self.scan.good.is_empty() && !self.scan.header_is_good;
        let end = match (self.scan.damaged.last(), &self.scan.tail) {
            (Some(last), Tail::Sealed) => last.end.max(self.scan.end()),
            _ if nothing => self.file.len(),
            _ => self.scan.end(),
        };
        self.offset(end).max(self.must_reach.unwrap_or(0))
    }

    /// Whether it only has to be cut and sealed.
    pub(super) fn is_untouched(&self) -> bool {
        self.scan.header_is_good
            && self.scan.damaged.is_empty()
            && self.end() == self.offset(self.scan.end())
    }

    /// What is cut off the end and was never acknowledged.
    pub(super) fn truncated_bytes(&self) -> u64 {
        match self.scan.tail {
            Tail::Torn(bytes) if self.is_untouched() => bytes,
            _ => 0,
        }
    }

    fn segment(&self, run: &Range<usize>, summary: &Summary) -> Segment {
        let first = self.offset(run.start);
        Segment {
            first,
            follows: if first == self.first {
                self.follows
            } else {
                first
            },
            end: self.offset(run.end),
            summary: summary.clone(),
        }
    }

    fn segments(&self) -> Vec<Segment> {
        let runs = self.scan.good.iter().zip(&self.scan.summaries);
        runs.map(|(run, summary)| self.segment(run, summary))
            .collect()
    }
}

/// Does it. A suspect file is written again even if nothing in it is damaged. The newest one stays,
/// even if nothing is left of it, because its name says which offsets were used.
pub(super) fn apply(
    dir: &Path,
    life: Life,
    of: &Mended<'_>,
    is_suspect: bool,
    is_newest: bool,
) -> Result<Outcome> {
    let name = folder::segment_name(of.first);
    let kept = of.segments();
    let mut quarantined = None;
    if !of.is_untouched() {
        let file = put_aside(dir, &name)?;
        let good: u64 = kept.iter().map(|segment| segment.end - segment.first).sum();
        let lost_bytes = (of.end() - of.first).saturating_sub(good);
        tracing::error!(
            log.segment = name,
            log.lost_bytes = lost_bytes,
            log.quarantined = file,
            "put a damaged segment of the log aside and kept what was good in it"
        );
        quarantined = Some(Quarantined { file, lost_bytes });
    } else if !is_suspect || kept.is_empty() {
        cut_and_seal(dir, life, of, &name)?;
        return Ok(Outcome { kept, quarantined });
    }
    if !kept.is_empty() || !is_newest {
        write_anew(dir, life, of, &kept)?;
    }
    Ok(Outcome { kept, quarantined })
}

fn cut_and_seal(dir: &Path, life: Life, of: &Mended<'_>, name: &str) -> Result<()> {
    let seal = Seal {
        first: of.first,
        end: of.offset(of.scan.end()),
        summary: of.scan.summaries.first().cloned().unwrap_or_default(),
    };
    let file = std::fs::File::options().write(true).open(dir.join(name))?;
    file.set_len(of.scan.end() as u64)?;
    file.write_all_at(&seal.encode(life.salt), of.scan.end() as u64)?;
    file.sync_all()
}

/// Links a segment's file into the quarantine; says its name there.
pub(crate) fn put_aside(dir: &Path, name: &str) -> Result<String> {
    let quarantine = dir.join(QUARANTINE);
    std::fs::create_dir_all(&quarantine)?;
    folder::sync(dir)?;
    let mut file = name.to_owned();
    let mut again = 1;
    while let Err(taken) = std::fs::hard_link(dir.join(name), quarantine.join(&file)) {
        if taken.kind() != std::io::ErrorKind::AlreadyExists {
            return Err(taken);
        }
        file = format!("{name}.{again}");
        again += 1;
    }
    folder::sync(&quarantine)?;
    Ok(file)
}

/// Later pieces get their names first and the old name goes last: until then the old file is
/// there to be mended again.
fn write_anew(dir: &Path, life: Life, of: &Mended<'_>, kept: &[Segment]) -> Result<()> {
    for (segment, run) in kept.iter().zip(&of.scan.good) {
        let header = Header {
            life,
            first: segment.first,
            follows: segment.follows,
        };
        let seal = Seal {
            first: segment.first,
            end: segment.end,
            summary: segment.summary.clone(),
        };
        let seal = seal.encode(life.salt);
        let bytes = [&header.encode(), &of.file[run.clone()], &seal].concat();
        folder::aside(dir, &folder::segment_name(segment.first), &bytes)?;
    }
    for segment in kept.iter().filter(|segment| segment.first != of.first) {
        folder::put_in_place(dir, &folder::segment_name(segment.first))?;
    }
    folder::sync(dir)?;
    let name = folder::segment_name(of.first);
    if kept.iter().any(|segment| segment.first == of.first) {
        folder::put_in_place(dir, &name)?;
    } else {
        std::fs::remove_file(dir.join(&name))?;
    }
    folder::sync(dir)
}
