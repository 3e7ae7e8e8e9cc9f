// SPDX-License-Identifier: Apache-2.0
//! Reading one segment's records from its file, and passing over damage in it.

use std::fs::File;
use std::io::ErrorKind;
use std::sync::Arc;

use hw_kernel::port::log::LogError;

use super::{Reading, Step};
use crate::format::HEADER_BYTES;
use crate::image::{Found, Image};
use crate::segments::Place;
use crate::{error, folder, lenient};

/// Bytes that are read from a file at once, unless one record is larger.
const CHUNK_BYTES: usize = 256 << 10;

/// The readable part of a segment.
pub(super) struct Stretch {
    /// Offset of its first record.
    pub(super) first: u64,
    /// Offset up to which it may be read.
    pub(super) end: u64,
}

/// Why taking records off a chunk has ended.
enum Stop {
    /// It is used up.
    End,
    /// What was read is enough.
    Enough,
    /// The next record has that many bytes.
    Needs(usize),
    /// No record.
    Damage,
}

impl Stretch {
    fn name(&self) -> String {
        folder::segment_name(self.first)
    }

    fn left(&self, at: u64) -> usize {
        usize::try_from(self.end.saturating_sub(at)).unwrap_or(usize::MAX)
    }

    fn read(&self, file: &File, at: u64, length: usize) -> Result<Vec<u8>, LogError> {
        let from = at - self.first + HEADER_BYTES as u64;
        lenient::read_at(file, from, length).map_err(error::read)
    }
}

impl Reading<'_> {
    /// Reads on in one segment from `at`, and moves it.
    pub(super) fn read_stretch(&mut self, of: &Stretch, at: &mut u64) -> Result<Step, LogError> {
        let file = match File::open(self.shared.dir.join(of.name())) {
            Ok(file) => file,
            Err(gone) if gone.kind() == ErrorKind::NotFound => return Ok(self.missing(of, at)),
            Err(other) => return Err(error::read(other)),
        };
        let mut needed = 0;
        while *at < of.end {
            let asked = of.left(*at).min(CHUNK_BYTES.max(needed));
            let bytes = of.read(&file, *at, asked)?;
            let (taken, stop) = self.take(&bytes, *at)?;
            *at += taken as u64;
            let is_damaged = match stop {
                Stop::Enough => return Ok(Step::Break(())),
                Stop::End => bytes.len() < asked,
                Stop::Damage => true,
                // Asked for and not there, or not even within the segment.
                Stop::Needs(length) => asked - taken >= length || length > of.left(*at),
            };
            needed = match stop {
                Stop::Needs(length) => length,
                _ => 0,
            };
            if is_damaged && self.pass_damage(of, &file, at)?.is_break() {
                return Ok(Step::Break(()));
            }
        }
        Ok(Step::Continue(()))
    }

    /// Takes the wanted ones of the records that `bytes` begins with, and says how many bytes were
    /// taken or passed over.
    fn take(&mut self, bytes: &[u8], base: u64) -> Result<(usize, Stop), LogError> {
        let salt = self.shared.life.salt;
        let image = Image { bytes, base, salt };
        let mut at = 0;
        while at < bytes.len() {
            let length = match image.look(at) {
                Found::Record(envelope, length) => {
                    if self.wants(envelope.stream.0, image.offset(at + length)) {
                        let so_far = self.read.bytes.len();
                        if so_far > 0 && so_far + length > self.bytes_max {
                            return Ok((at, Stop::Enough));
                        }
                        self.read.bytes.extend_from_slice(&bytes[at..at + length]);
                        self.read.ends.push(image.offset(at + length));
                    }
                    length
                }
                Found::Short(length) => return Ok((at, Stop::Needs(length))),
                Found::Bad => return Ok((at, Stop::Damage)),
                Found::Newer(version) => {
                    let why = format!("it has a record of version {version}, of a newer release");
                    return Err(LogError::Damaged(Arc::from(why)));
                }
            };
            at += length;
        }
        let is_enough = !self.read.bytes.is_empty() && self.read.bytes.len() >= self.bytes_max;
        Ok((at, if is_enough { Stop::Enough } else { Stop::End }))
    }

    /// Moves `at` to the next record behind damage, and says what was lost.
    fn pass_damage(&mut self, of: &Stretch, file: &File, at: &mut u64) -> Result<Step, LogError> {
        if !self.read.bytes.is_empty() {
            // Losses are told before the records behind them.
            return Ok(Step::Break(()));
        }
        let bytes = of.read(file, *at, of.left(*at))?;
        let image = Image {
            bytes: &bytes,
            base: *at,
            salt: self.shared.life.salt,
        };
        let lost = image.find_record(1).unwrap_or(of.left(*at)) as u64;
        self.shared.note_damage(&of.name());
        self.lose(&format!("segment {} is damaged", of.name()), lost);
        *at += lost;
        Ok(Step::Continue(()))
    }

    /// A segment has no file: trimmed meanwhile, or lost.
    fn missing(&mut self, of: &Stretch, at: &mut u64) -> Step {
        let is_listed = match self.shared.segments.locate(*at) {
            Place::Sealed(segment) => segment.first == of.first,
            Place::Newest(first) => first == of.first,
            Place::Gap { .. } => false,
        };
        if is_listed {
            if !self.read.bytes.is_empty() {
                return Step::Break(());
            }
            let cause = format!("the file of segment {} is gone", of.name());
            self.lose(&cause, of.end - *at);
            *at = of.end;
        }
        Step::Continue(())
    }
}
