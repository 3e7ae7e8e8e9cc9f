// SPDX-License-Identifier: Apache-2.0
//! The clock: sane, kept right by somebody, and not before what is written already.

use std::fs;
use std::path::Path;

use hw_model::Timestamp;

use super::{Finding, Ground};
use crate::machine::ntp;

const CHECK: &str = "clock";

/// No release is older than that.
const FIRST_RELEASE: Timestamp = Timestamp(1_767_225_600_000_000);

/// A file may be that much newer than the clock: file systems round.
const AHEAD_MAX_MICROS: i64 = 60_000_000;

/// Files whose times tell when a server last wrote here.
const WITNESSES: &[&str] = &["catalog.db", "catalog.db-wal", "run/lock", "log", "blobs"];

pub(super) fn look(ground: &Ground) -> Vec<Finding> {
    let set = "set the clock (timedatectl set-ntp true, or chrony); certificates and signatures \
               depend on it";
    let mut found = Vec::new();
    if ground.now < FIRST_RELEASE {
        let text = "the clock says that it is before this program was written";
        found.push(Finding::fail(CHECK, text, set));
    }
    let newest = WITNESSES
        .iter()
        .filter_map(|name| modified_micros(&ground.file(name)))
        .max();
    if let Some(ahead) = newest.map(|newest| newest - ground.now.0)
        && ahead > AHEAD_MAX_MICROS
    {
        let text = format!(
            "files in the folder are {} s newer than the clock: it was set back",
            ahead / 1_000_000
        );
        found.push(Finding::fail(CHECK, text, set));
    }
    found.push(match ntp::synchronised() {
        Some(true) => Finding::ok(CHECK, "the system says that the clock is kept right (NTP)"),
        Some(false) => {
            let text =
                "nothing keeps the clock right: devices and SDKs may be refused as it drifts";
            Finding::warn(CHECK, text, set)
        }
        None => Finding::ok(
            CHECK,
            "the system does not say whether the clock is kept right",
        ),
    });
    found
}

fn modified_micros(path: &Path) -> Option<i64> {
    let modified = fs::metadata(path).ok()?.modified().ok()?;
    let since = modified.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_micros()).ok()
}
