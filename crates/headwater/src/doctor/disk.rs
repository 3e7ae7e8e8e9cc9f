// SPDX-License-Identifier: Apache-2.0
//! The volume of the folder: room, files, kind, and how long a sync takes.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{Finding, Ground};
use crate::machine::volume::{self, Space};

const CHECK: &str = "disk";

/// Below that the server soon stops acknowledging.
const FREE_BYTES_MIN: u64 = 1 << 30;

/// Of all files, at least so many must be left.
const FREE_FILES_MIN: u64 = 10_000;

/// A sync that takes longer makes every acknowledgement wait.
const SYNC_MAX: Duration = Duration::from_millis(20);

/// A sync that is faster does not reach a disk.
const SYNC_MIN: Duration = Duration::from_micros(20);

const SYNCS: usize = 21;

/// File systems that forget, or whose sync is not to be trusted.
const BAD_KINDS: &[(&str, &str)] = &[
    (
        "tmpfs",
        "is memory: it is gone with the next start of the machine",
    ),
    (
        "ramfs",
        "is memory: it is gone with the next start of the machine",
    ),
    (
        "overlay",
        "is a container's own layer: it goes with the container",
    ),
    (
        "nfs",
        "is a network's: locks and syncs depend on the server",
    ),
    (
        "nfs4",
        "is a network's: locks and syncs depend on the server",
    ),
    (
        "cifs",
        "is a network's: locks and syncs depend on the server",
    ),
    ("9p", "is another machine's: syncs may not reach its disk"),
    (
        "vboxsf",
        "is another machine's: syncs may not reach its disk",
    ),
];

pub(super) fn look(ground: &Ground) -> Vec<Finding> {
    let place = existing(&ground.config.data);
    let mut found = Vec::new();
    match volume::space(&place) {
        Ok(space) => found.extend(room(&place, space, ground.config.log_bytes_max)),
        Err(error) => {
            let text = format!("{} can't be looked at: {error}", place.display());
            found.push(Finding::fail(CHECK, text, "mount the volume"));
            return found;
        }
    }
    found.extend(kind(&place));
    found.push(sync(&place));
    found
}

/// The folder, or the nearest one above it that is there.
fn existing(data: &Path) -> PathBuf {
    let absolute = std::path::absolute(data).unwrap_or_else(|_| data.to_owned());
    let there = absolute.ancestors().find(|folder| folder.is_dir());
    let there = there.unwrap_or(Path::new("/"));
    there.canonicalize().unwrap_or_else(|_| there.to_owned())
}

fn room(place: &Path, space: Space, log_max: u64) -> Vec<Finding> {
    let place = place.display();
    if space.read_only {
        let text = format!("the volume of {place} can only be read");
        let cure = "mount it to be written (mount -o remount,rw), after a look at the system's log";
        return vec![Finding::fail(CHECK, text, cure)];
    }
    let free = gib(space.free_bytes);
    let mut found = Vec::new();
    let cure = "free space, enlarge the volume, or put the folder on another";
    if space.free_bytes < FREE_BYTES_MIN {
        let text = format!("{free} free: when it is full, nothing is acknowledged any more");
        found.push(Finding::fail(CHECK, text, cure));
    } else if space.free_bytes < log_max {
        let text = format!(
            "{free} free; the log alone may hold up to {} while the tables can't be written",
            gib(log_max)
        );
        found.push(Finding::warn(CHECK, text, cure));
    } else {
        found.push(Finding::ok(
            CHECK,
            format!("{free} of {} free", gib(space.bytes)),
        ));
    }
    if space.files > 0 && space.free_files < FREE_FILES_MIN {
        let text = format!("room for only {} more files (inodes)", space.free_files);
        found.push(Finding::fail(
            CHECK,
            text,
            "remove small files, or make the file system anew",
        ));
    }
    found
}

fn gib(bytes: u64) -> String {
    format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30))
}

fn kind(place: &Path) -> Option<Finding> {
    let (kind, at) = volume::kind(place)?;
    Some(match BAD_KINDS.iter().find(|(bad, _)| *bad == kind) {
        Some((_, why)) => {
            let text = format!("the file system {kind} (mounted at {at}) {why}");
            Finding::warn(
                CHECK,
                text,
                "put the folder on a local disk: ext4, xfs, btrfs or zfs",
            )
        }
        None => Finding::ok(CHECK, format!("the file system is {kind}, mounted at {at}")),
    })
}

/// Writes and syncs a small file, which is gone again afterwards.
fn sync(place: &Path) -> Finding {
    let spans = match measured(place) {
        Ok(spans) => spans,
        Err(error) => {
            let text = format!("a file in {} can't be written: {error}", place.display());
            return Finding::fail(CHECK, text, "see the findings on rights and room");
        }
    };
    let (median, worst) = (spans[spans.len() / 2], spans[spans.len() - 1]);
    let said = format!(
        "a sync takes {} (worst of {SYNCS}: {})",
        millis(median),
        millis(worst)
    );
    if median > SYNC_MAX {
        let text = format!("{said}: each acknowledgement waits for one");
        return Finding::warn(
            CHECK,
            text,
            "use a faster disk: an SSD, better one with a battery",
        );
    }
    if median < SYNC_MIN {
        let text = format!("{said}: too fast for a disk; a power cut may take what it has");
        let cure = "check that the volume, and what lies under it, passes syncs on";
        return Finding::warn(CHECK, text, cure);
    }
    Finding::ok(CHECK, said)
}

fn measured(place: &Path) -> std::io::Result<Vec<Duration>> {
    let mut file: File = tempfile::tempfile_in(place)?;
    let mut spans = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        file.write_all(&[7; 4_096])?;
        let began = Instant::now();
        file.sync_data()?;
        spans.push(began.elapsed());
    }
    spans.sort();
    Ok(spans)
}

fn millis(span: Duration) -> String {
    format!("{:.2} ms", span.as_secs_f64() * 1e3)
}
