// SPDX-License-Identifier: Apache-2.0
//! Limits of the process and the machine: open files, memory.

use std::fs;

use super::{Finding, Ground};
use crate::machine::process::open_files_max;

const CHECK: &str = "limits";

/// Fewer open files than that are soon used up: each connection takes one.
const OPEN_FILES_MIN: u64 = 16_384;

/// Beside what SQL may use.
const OTHER_MEMORY_BYTES: u64 = 256 << 20;

pub(super) fn look(ground: &Ground) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(most) = open_files_max() {
        let text = format!("at most {most} open files; each connection takes one");
        found.push(if most < OPEN_FILES_MIN {
            let cure = "ulimit -n 1048576 before the start, or LimitNOFILE=1048576 in the unit";
            Finding::warn(CHECK, text, cure)
        } else {
            Finding::ok(CHECK, text)
        });
    }
    let wanted = ground.config.sql.memory_bytes_max as u64 + OTHER_MEMORY_BYTES;
    if let Some(there) = memory_bytes() {
        let mib = |bytes: u64| bytes >> 20;
        let text = format!(
            "{} MiB of memory for a server that may use {} MiB (sql.memory_bytes_max and the rest)",
            mib(there),
            mib(wanted)
        );
        found.push(if there < wanted {
            Finding::warn(
                CHECK,
                text,
                "lower sql.memory_bytes_max, or give the machine more",
            )
        } else {
            Finding::ok(CHECK, text)
        });
    }
    found
}

/// What the machine has, or the container may use.
fn memory_bytes() -> Option<u64> {
    let meminfo = fs::read_to_string("/proc/meminfo").ok()?;
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().trim_end_matches(" kB").trim().parse().ok()?;
    let group = fs::read_to_string("/sys/fs/cgroup/memory.max").unwrap_or_default();
    let group: u64 = group.trim().parse().unwrap_or(u64::MAX);
    Some((kib << 10).min(group))
}
