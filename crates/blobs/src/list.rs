// SPDX-License-Identifier: Apache-2.0
//! Listing objects by prefix: a walk from the deepest folder that the prefix names.

use std::fs::DirEntry;
use std::io::{ErrorKind, Result};
use std::path::Path;
use std::time::UNIX_EPOCH;

use hw_kernel::port::blobs::Listed;
use hw_model::Timestamp;

use crate::key::INCOMING;

/// All files below `root` whose key begins with `prefix`, sorted by key.
pub(crate) fn list(root: &Path, prefix: &str) -> Result<Vec<Listed>> {
    let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let entries = match std::fs::read_dir(root.join(&folder)) {
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                continue;
            }
            entries => entries?,
        };
        for entry in entries {
            visit(&entry?, &folder, prefix, (&mut found, &mut open))?;
        }
    }
    found.sort_by(|a: &Listed, b| a.key.cmp(&b.key));
    Ok(found)
}

fn visit(
    entry: &DirEntry,
    folder: &str,
    prefix: &str,
    (found, open): (&mut Vec<Listed>, &mut Vec<String>),
) -> Result<()> {
    let name = entry.file_name();
    let Some(name) = name.to_str() else {
        return Ok(());
    };
    let key = match folder {
        "" if name == INCOMING => return Ok(()),
        "" => name.to_owned(),
        _ => format!("{folder}/{name}"),
    };
    let kind = entry.file_type()?;
    if kind.is_dir() && (key.starts_with(prefix) || prefix.starts_with(&key)) {
        open.push(key);
    } else if kind.is_file() && key.starts_with(prefix) {
        match entry.metadata() {
            Ok(about) => found.push(Listed {
                key,
                bytes: about.len(),
                modified: about.modified().map_or(Timestamp(0), |when| {
                    let since = when.duration_since(UNIX_EPOCH).unwrap_or_default();
                    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
                }),
            }),
            Err(gone) if gone.kind() == ErrorKind::NotFound => {}
            Err(other) => return Err(other),
        }
    }
    Ok(())
}
