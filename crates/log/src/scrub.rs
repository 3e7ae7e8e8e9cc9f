// SPDX-License-Identifier: Apache-2.0
//! The worker `log.scrub`: reads sealed segments once a day, slowly, and checks every record.
//!
//! Opening the log takes a seal at its word, so that a start is quick; a record is checked when it
//! is read. What nobody reads for months is checked here, while there is a backup still.

use std::fs::File;
use std::io::{ErrorKind, Result};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hw_kernel::worker::{StatusCell, Worker, WorkerStatus};
use hw_kernel::{Clock, Event, EventSink, Shutdown};
use hw_model::AccountId;

use crate::format::{HEADER_BYTES, Header};
use crate::image::{Found, Image};
use crate::log::Shared;
use crate::segments::Segment;
use crate::settings::Scrubbing;
use crate::{folder, lenient};

/// Bytes that are read at once, unless one record is larger.
const CHUNK_BYTES: usize = 1 << 20;

/// Checks what nobody reads.
pub(crate) struct Scrub {
    pub(crate) shared: Arc<Shared>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventSink>,
    pub(crate) status: StatusCell,
}

/// How checking some of a segment ended.
#[derive(Debug, PartialEq, Eq)]
enum Looked {
    /// All is well up to this offset.
    Good(u64),
    /// The next record has that many bytes.
    Needs(usize),
    /// There is damage.
    Damaged,
    /// It was let go meanwhile.
    Gone,
}

#[async_trait]
impl Worker for Scrub {
    fn status(&self) -> WorkerStatus {
        self.status.get()
    }

    async fn run(&self, shutdown: Shutdown) {
        let Scrubbing { first, every, .. } = self.shared.settings.scrub;
        let mut wait = first;
        self.status
            .set("idle", "not yet since the start".into(), None);
        while !shutdown.wait_for(self.clock.sleep(wait)).await {
            self.pass(&shutdown).await;
            wait = every;
        }
        self.status.set("ended", String::new(), None);
    }
}

impl Scrub {
    /// Looks through all sealed segments once.
    async fn pass(&self, shutdown: &Shutdown) {
        let (mut at, mut seen, mut damaged) = (0, 0, Vec::new());
        while let Some(segment) = self.shared.segments.sealed_from(at) {
            self.status
                .set("busy", format!("{seen} segments checked"), None);
            match self.look_through(&segment, shutdown).await {
                Ok(true) => {}
                Ok(false) => damaged.push(folder::segment_name(segment.first)),
                Err(error) => {
                    let name = folder::segment_name(segment.first);
                    let cause = format!("{name} can't be read: {error}");
                    self.status
                        .set("failing", format!("{seen} segments checked"), Some(cause));
                    return;
                }
            }
            if shutdown.has_begun() {
                return;
            }
            (at, seen) = (segment.end, seen + 1);
        }
        let error = (!damaged.is_empty()).then(|| format!("damaged: {}", damaged.join(", ")));
        self.status
            .set("idle", format!("{seen} segments checked"), error);
    }

    /// Whether a segment is as it was written.
    async fn look_through(&self, segment: &Segment, shutdown: &Shutdown) -> Result<bool> {
        let (mut at, mut length) = (segment.first, CHUNK_BYTES);
        while at < segment.end {
            let (shared, of) = (Arc::clone(&self.shared), segment.clone());
            let looked = tokio::task::spawn_blocking(move || look(&shared, &of, at, length)).await;
            match looked.map_err(std::io::Error::other)?? {
                Looked::Good(to) => (at, length) = (to, CHUNK_BYTES),
                Looked::Needs(more) => length = more,
                Looked::Gone => return Ok(true),
                Looked::Damaged => {
                    self.tell(segment);
                    return Ok(false);
                }
            }
            let pace = self.shared.settings.scrub.bytes_per_second.max(1);
            let pause = Duration::from_secs_f64(length as f64 / pace as f64);
            if shutdown.wait_for(self.clock.sleep(pause)).await {
                return Ok(true);
            }
        }
        Ok(true)
    }

    fn tell(&self, segment: &Segment) {
        let name = folder::segment_name(segment.first);
        self.shared.note_damage(&name);
        let cause = format!(
            "damage: segment {name} of the log is not as it was written; a copy is kept in \
             log/quarantine. Rows that are in the tables' files are not touched by it; look after \
             the disk"
        );
        self.events
            .emit(Event::new(AccountId::FIRST, "log", "damaged", cause));
    }
}

/// Checks about `length` bytes of a segment from offset `from`.
fn look(shared: &Shared, segment: &Segment, from: u64, length: usize) -> Result<Looked> {
    let file = match File::open(shared.dir.join(folder::segment_name(segment.first))) {
        Ok(file) => file,
        Err(gone) if gone.kind() == ErrorKind::NotFound => {
            let is_there = shared.segments.sealed_from(segment.first);
            let is_listed = is_there.is_some_and(|listed| listed.first == segment.first);
            return Ok(if is_listed {
                Looked::Damaged
            } else {
                Looked::Gone
            });
        }
        Err(other) => return Err(other),
    };
    if from == segment.first {
        let header = lenient::read_at(&file, 0, HEADER_BYTES)?;
        if Header::decode(&header).map(|header| header.first) != Ok(segment.first) {
            return Ok(Looked::Damaged);
        }
    }
    let left = usize::try_from(segment.end - from).unwrap_or(usize::MAX);
    let asked = length.min(left);
    let bytes = lenient::read_at(&file, from - segment.first + HEADER_BYTES as u64, asked)?;
    let image = Image {
        bytes: &bytes,
        base: from,
        salt: shared.life.salt,
    };
    let mut at = 0;
    while at < bytes.len() {
        match image.look(at) {
            Found::Record(_, length) => at += length,
            // Of a newer release: not ours to judge.
            Found::Newer(_) => return Ok(Looked::Good(segment.end)),
            Found::Short(needed) if at == 0 && needed > asked && needed <= left => {
                return Ok(Looked::Needs(needed));
            }
            Found::Short(_) if at > 0 && bytes.len() == asked && asked < left => break,
            Found::Short(_) | Found::Bad => return Ok(Looked::Damaged),
        }
    }
    Ok(match at {
        0 => Looked::Damaged,
        _ if bytes.len() < asked => Looked::Damaged,
        _ => Looked::Good(from + at as u64),
    })
}
