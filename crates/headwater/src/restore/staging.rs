// SPDX-License-Identifier: Apache-2.0
//! Where a folder is put together before it is there. Beside the folder, if that is not there yet:
//! then one rename makes it. Inside, if it is there and empty, as a mounted disk is: then a server
//! refuses the folder as long as the staging folder is in it.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::RestoreError;
use crate::serve::formats::{RESTORED_LAST as LAST, RESTORING};

/// A place to put a folder together. What is in it goes when this is dropped unfinished.
pub(super) struct Staging {
    data: PathBuf,
    place: PathBuf,
    inside: bool,
    finished: bool,
    /// Keeps others out.
    _lock: File,
    lock_path: PathBuf,
}

impl Staging {
    /// Begins for the folder `data`. Removes what a killed restore left there.
    pub fn begin(data: &Path) -> Result<Self, RestoreError> {
        let inside = data.symlink_metadata().is_ok();
        let (place, lock_path) = match inside {
            true => (data.join(RESTORING), data.join(".restoring.lock")),
            false => beside(data)?,
        };
        let lock = lock(&lock_path, data)?;
        let staging = Self {
            data: data.to_owned(),
            place,
            inside,
            finished: false,
            _lock: lock,
            lock_path,
        };
        match staging.clear() {
            Ok(()) => Ok(staging),
            Err(error) => Err(error),
        }
    }

    /// The folder to make.
    pub fn path(&self) -> &Path {
        &self.place
    }

    /// Removes what a killed restore left, and refuses what is somebody else's.
    fn clear(&self) -> Result<(), RestoreError> {
        let left_over = self.place.exists();
        if left_over {
            fs::remove_dir_all(&self.place).map_err(RestoreError::at(&self.place))?;
        }
        if !self.inside {
            return Ok(());
        }
        let entries = fs::read_dir(&self.data).map_err(RestoreError::at(&self.data))?;
        for entry in entries {
            let path = entry.map_err(RestoreError::at(&self.data))?.path();
            if path == self.lock_path || path.ends_with("lost+found") {
                continue;
            }
            // A restore that was killed while it moved things here had not moved the last one.
            let ours = left_over && !self.data.join(LAST).exists();
            let removed = match path.is_dir() {
                _ if !ours => return Err(RestoreError::NotEmpty(self.data.clone())),
                true => fs::remove_dir_all(&path),
                false => fs::remove_file(&path),
            };
            removed.map_err(RestoreError::at(&path))?;
        }
        Ok(())
    }

    /// Puts the folder in place.
    pub fn finish(mut self) -> Result<(), RestoreError> {
        let parent = match self.inside {
            true => self.move_out()?,
            false => {
                fs::rename(&self.place, &self.data).map_err(RestoreError::at(&self.data))?;
                parent_of(&self.data)
            }
        };
        sync(&parent)?;
        self.finished = true;
        Ok(())
    }

    /// Moves everything one level up, what makes it a data folder last.
    fn move_out(&self) -> Result<PathBuf, RestoreError> {
        let entries = fs::read_dir(&self.place).map_err(RestoreError::at(&self.place))?;
        let names = entries.map(|entry| entry.map(|entry| entry.file_name()));
        let mut names: Vec<_> = names
            .collect::<Result<_, _>>()
            .map_err(RestoreError::at(&self.place))?;
        names.sort_by_key(|name| name == LAST);
        for name in names {
            if name == LAST {
                // A power cut must not leave it there without the others.
                sync(&self.data)?;
            }
            let to = self.data.join(&name);
            fs::rename(self.place.join(&name), &to).map_err(RestoreError::at(&to))?;
        }
        sync(&self.data)?;
        fs::remove_dir(&self.place).map_err(RestoreError::at(&self.place))?;
        Ok(self.data.clone())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.finished {
            let _ = fs::remove_dir_all(&self.place);
        }
        let _ = fs::remove_file(&self.lock_path);
    }
}

fn parent_of(path: &Path) -> PathBuf {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new(".")).to_owned()
}

/// The staging folder beside `data`, and its lock. Makes the parent.
fn beside(data: &Path) -> Result<(PathBuf, PathBuf), RestoreError> {
    let parent = parent_of(data);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&parent)
        .map_err(RestoreError::at(&parent))?;
    let name = data.file_name().ok_or(ErrorKind::InvalidInput);
    let name = name.map_err(|kind| RestoreError::at(data)(kind.into()))?;
    let named = |ending: &str| {
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(ending);
        parent.join(hidden)
    };
    Ok((named(RESTORING), named(".restoring.lock")))
}

fn lock(path: &Path, data: &Path) -> Result<File, RestoreError> {
    let mut options = File::options();
    let options = options.write(true).create(true).truncate(false);
    let file = options.open(path).map_err(RestoreError::at(path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(RestoreError::Busy(data.to_owned())),
        Err(TryLockError::Error(error)) => Err(RestoreError::at(path)(error)),
    }
}

fn sync(folder: &Path) -> Result<(), RestoreError> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(RestoreError::at(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(staging: &Staging) {
        fs::create_dir_all(staging.path().join("log")).expect("made");
        fs::write(staging.path().join(LAST), "x").expect("written");
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("there");
        let name = |entry: std::io::Result<fs::DirEntry>| {
            let name = entry.expect("an entry").file_name();
            name.into_string().expect("text")
        };
        let mut names: Vec<_> = entries.map(name).collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_appears_whole_wherever_it_was_empty() {
        let place = tempfile::tempdir().expect("a folder");
        for data in [place.path().join("new/er"), place.path().join("new/there")] {
            if data.ends_with("there") {
                fs::create_dir(&data).expect("made");
            }
            let staging = Staging::begin(&data).expect("begun");
            fill(&staging);
            assert!(!data.join(LAST).exists());
            assert!(matches!(Staging::begin(&data), Err(RestoreError::Busy(_))));
            staging.finish().expect("finished");
            assert_eq!(names(&data), [LAST, "log"]);
            let again = Staging::begin(&data);
            assert!(matches!(again, Err(RestoreError::NotEmpty(_))));
            drop(again);
            assert_eq!(names(&data), [LAST, "log"], "as it was");
        }
        assert_eq!(names(&place.path().join("new")), ["er", "there"]);
    }

    #[test]
    fn what_was_given_up_or_killed_leaves_nothing_behind() {
        let place = tempfile::tempdir().expect("a folder");
        let data = place.path().join("data");
        let staging = Staging::begin(&data).expect("begun");
        fill(&staging);
        drop(staging);
        assert_eq!(names(place.path()), Vec::<String>::new());
        // Killed beside it, and killed in the midst of moving out.
        fs::create_dir_all(place.path().join(".data.restoring/log")).expect("made");
        let staging = Staging::begin(&data).expect("begun");
        fill(&staging);
        staging.finish().expect("finished");
        let inside = place.path().join("inside");
        fs::create_dir_all(inside.join(RESTORING)).expect("made");
        fs::create_dir_all(inside.join("log")).expect("made");
        let staging = Staging::begin(&inside).expect("begun");
        fill(&staging);
        staging.finish().expect("finished");
        assert_eq!(names(&inside), [LAST, "log"]);
    }
}
