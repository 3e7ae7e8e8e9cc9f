// SPDX-License-Identifier: Apache-2.0
//! The durable log: damage that was found, and a disk that failed.

use std::fs;

use super::{Finding, Ground};

const CHECK: &str = "log";

pub(super) fn look(ground: &Ground) -> Vec<Finding> {
    let folder = ground.file("log");
    if !folder.is_dir() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let failed = ground
        .running
        .as_ref()
        .and_then(|status| status["log"]["failed"].as_str());
    if failed.is_some() || folder.join("failed").exists() {
        let why = failed.unwrap_or("a write had failed when the server last ran");
        found.push(Finding::fail(
            CHECK,
            format!("the log has stopped: {why}"),
            "look at the system's log for errors of the disk; then restart the server, which reads \
             everything anew and goes on from what is safe",
        ));
    }
    let quarantine = folder.join("quarantine");
    let put_aside = fs::read_dir(&quarantine).map_or(0, Iterator::count);
    if put_aside > 0 {
        let text = format!(
            "{put_aside} damaged files were put aside in {}; events of kind log say what is lost",
            quarantine.display()
        );
        let cure =
            "check the disk (smartctl -a); keep the files until you know why, then move them";
        found.push(Finding::warn(CHECK, text, cure));
    }
    if found.is_empty() {
        found.push(Finding::ok(CHECK, "no damage was found"));
    }
    found
}
