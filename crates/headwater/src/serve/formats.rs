// SPDX-License-Identifier: Apache-2.0
//! Versions of everything in a data folder, in a file that is looked at before anything else is
//! touched: a folder of a newer release is refused, and stays as it is.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;

use hw_kernel::record::batch::ENVELOPE_VERSION;
use serde::{Deserialize, Serialize};

use super::ServeError;

/// The file's name. Folders of the first release have none.
const FILE: &str = "format.json";

/// Layout of the folder: which files are where.
pub const FOLDER_FORMAT: u32 = 1;

/// Text form of positions and cursors: `v1;…`.
const POSITION_FORMAT: u32 = 1;

/// What restoring leaves until it is done.
pub const RESTORING: &str = ".restoring";

/// What it puts in place last: without it a folder is empty to a server.
pub const RESTORED_LAST: &str = "catalog.db";

/// Who wrote a folder last, and the version of each of its formats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Formats {
    /// The release.
    pub headwater: String,
    /// By name: `folder`, `catalog`, `log`, `record`, `position`.
    pub formats: BTreeMap<String, u32>,
}

impl Formats {
    /// What this release writes.
    pub fn current() -> Self {
        let catalog = u32::try_from(hw_catalog::MIGRATIONS.len()).unwrap_or(u32::MAX);
        let formats = [
            ("folder", FOLDER_FORMAT),
            ("catalog", catalog),
            ("log", hw_log::FORMAT),
            ("record", u32::from(ENVELOPE_VERSION)),
            ("position", POSITION_FORMAT),
        ];
        Self {
            headwater: env!("CARGO_PKG_VERSION").to_owned(),
            formats: formats.map(|(name, of)| (name.to_owned(), of)).into(),
        }
    }

    /// What the first release wrote, which says nothing: all versions were 1.
    pub fn first() -> Self {
        Self {
            headwater: "0.1.0".to_owned(),
            formats: BTreeMap::new(),
        }
    }

    /// What the folder says; `None` if it is new or of the first release.
    pub fn of(folder: &Path) -> Result<Option<Self>, ServeError> {
        let path = folder.join(FILE);
        let failed = |source| ServeError::Folder {
            path: path.clone(),
            source,
        };
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(failed(error)),
        };
        let parsed = serde_json::from_slice(&text).map_err(|error| {
            let hint = format!("{error}; remove it if the folder was not used by a newer release");
            failed(std::io::Error::other(hint))
        });
        parsed.map(Some)
    }

    /// What differs, as `catalog 1 → 3`; empty if nothing does.
    pub fn changes(&self, to: &Self) -> String {
        let change = |(name, new): (&String, &u32)| {
            let old = self.formats.get(name).copied().unwrap_or(1);
            (old != *new).then(|| format!("{name} {old} → {new}"))
        };
        let changes: Vec<_> = to.formats.iter().filter_map(change).collect();
        changes.join(", ")
    }
}

/// Refuses a folder that this release would misread, before anything in it is touched.
pub fn check(folder: &Path) -> Result<(), ServeError> {
    let is_staging = |name: &str| name.starts_with('.') && name.ends_with(RESTORING);
    let named = folder.file_name().and_then(|name| name.to_str());
    // What a restore moves last makes it whole; killed behind that, it leaves an empty folder.
    let is_unfinished = folder.join(RESTORING).exists() && !folder.join(RESTORED_LAST).exists();
    if is_unfinished || named.is_some_and(is_staging) {
        return Err(ServeError::Unfinished(folder.to_owned()));
    }
    let Some(found) = Formats::of(folder)? else {
        return Ok(());
    };
    let known = Formats::current();
    for (name, format) in &found.formats {
        let reads = known.formats.get(name).copied().unwrap_or(0);
        if *format > reads {
            return Err(ServeError::Newer {
                path: folder.to_owned(),
                part: name.clone(),
                format: *format,
                reads,
                headwater: found.headwater,
            });
        }
    }
    Ok(())
}

/// Writes down that the folder is this release's now.
pub fn record(folder: &Path) -> Result<(), ServeError> {
    let current = Formats::current();
    let found = Formats::of(folder)?;
    if found.as_ref() == Some(&current) {
        return Ok(());
    }
    if let Some(found) = found {
        let changes = found.changes(&current);
        tracing::info!(
            from = found.headwater,
            to = current.headwater,
            changes,
            "the data folder is this release's now"
        );
    }
    let failed = |source| ServeError::Folder {
        path: folder.join(FILE),
        source,
    };
    replace(folder, &current).map_err(failed)
}

fn replace(folder: &Path, formats: &Formats) -> std::io::Result<()> {
    let aside = folder.join(format!("{FILE}.new"));
    let mut file = File::create(&aside)?;
    file.write_all(format!("{:#}\n", serde_json::to_value(formats)?).as_bytes())?;
    file.sync_all()?;
    fs::rename(&aside, folder.join(FILE))?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, text: &str) {
        fs::write(folder.join(FILE), text).expect("written");
    }

    #[test]
    fn a_newer_folder_is_refused_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(check(folder.path()).is_ok() && check(&folder.path().join("none")).is_ok());
        record(folder.path()).expect("recorded");
        assert_eq!(
            Formats::of(folder.path()).expect("read"),
            Some(Formats::current())
        );
        assert!(check(folder.path()).is_ok());
        for (part, format) in [("catalog", 999), ("log", 2), ("something new", 1)] {
            let newer = serde_json::json!({"headwater": "9.1.2", "formats": {part: format}});
            write(folder.path(), &newer.to_string());
            let error = check(folder.path()).expect_err("refused").to_string();
            assert!(error.contains("9.1.2") && error.contains(part), "{error}");
        }
        let older = serde_json::json!({"headwater": "0.0.9", "formats": {"catalog": 0}});
        write(folder.path(), &older.to_string());
        assert!(check(folder.path()).is_ok());
        write(folder.path(), "damaged");
        assert!(check(folder.path()).is_err());
    }

    #[test]
    fn a_restore_is_whole_when_its_last_file_is_there() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join(RESTORING)).expect("made");
        assert!(matches!(
            check(folder.path()),
            Err(ServeError::Unfinished(_))
        ));
        fs::write(folder.path().join(RESTORED_LAST), "x").expect("written");
        assert!(check(folder.path()).is_ok());
    }

    #[test]
    fn changes_are_told() {
        let mut old = Formats::current();
        assert_eq!(old.changes(&Formats::current()), "");
        old.formats.insert("log".into(), 0);
        assert_eq!(old.changes(&Formats::current()), "log 0 → 1");
    }
}
