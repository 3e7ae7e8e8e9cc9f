// SPDX-License-Identifier: Apache-2.0
//! Who can read and write what is in the folder.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::{Finding, Ground};

const CHECK: &str = "rights";

/// (Path in the folder, the bits that nobody else may have).
const GUARDED: &[(&str, u32)] = &[
    ("", 0o077),
    ("secrets", 0o077),
    ("secrets/master.key", 0o077),
    ("run", 0o077),
    ("run/admin.sock", 0o077),
];

pub(super) fn look(ground: &Ground) -> Vec<Finding> {
    let root = &ground.config.data;
    if !root.exists() {
        let text = format!(
            "{} is not there yet; the first start makes it",
            root.display()
        );
        return vec![Finding::ok(CHECK, text)];
    }
    let mut found: Vec<Finding> = GUARDED
        .iter()
        .filter_map(|(name, others)| guarded(&root.join(name), *others))
        .collect();
    found.extend(owner(root));
    if found.is_empty() {
        let text = format!("{} and its secrets are their owner's alone", root.display());
        found.push(Finding::ok(CHECK, text));
    }
    found
}

fn guarded(path: &Path, others: u32) -> Option<Finding> {
    let facts = fs::metadata(path).ok()?;
    let mode = facts.mode() & 0o777;
    if mode & others == 0 {
        return None;
    }
    let wanted = if facts.is_dir() { "700" } else { "600" };
    let path = path.display().to_string();
    let path = path.trim_end_matches('/');
    let text = format!("{path} has mode {mode:03o}: others on this machine can get at it");
    Some(Finding::fail(CHECK, text, format!("chmod {wanted} {path}")))
}

/// A folder of somebody else's can't be served.
fn owner(root: &Path) -> Option<Finding> {
    let owner = fs::metadata(root).ok()?.uid();
    let own = fs::metadata("/proc/self").ok()?.uid();
    if owner == own || own == 0 {
        return None;
    }
    let root = root.display();
    let text = format!("{root} belongs to user {owner}, and you are user {own}");
    let cure = format!("call this as that user, or give it away: chown -R {own} {root}");
    Some(Finding::fail(CHECK, text, cure))
}
