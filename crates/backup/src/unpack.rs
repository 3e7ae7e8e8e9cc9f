// SPDX-License-Identifier: Apache-2.0
//! Unpacking into a new folder: every file is new and for its owner alone.

use std::collections::HashSet;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Result, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::archive::Sink;

/// A folder that files are unpacked into.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    file: Option<File>,
    files: Vec<PathBuf>,
    /// Made here, so that each is made once and synced at the end.
    folders: HashSet<PathBuf>,
}

impl Folder {
    /// Makes the folder `root`; it must not be there, and its parent must be.
    pub fn make(root: &Path) -> Result<Self> {
        DirBuilder::new().mode(0o700).create(root)?;
        Ok(Self {
            root: root.to_owned(),
            file: None,
            files: Vec::new(),
            folders: [root.to_owned()].into(),
        })
    }

    /// Makes all files and folders safe; files that were taken out of it since are no longer its.
    /// Only now, because then the disk has written most of it already, in its own order.
    pub fn sync(&self) -> Result<()> {
        for path in self.files.iter().chain(&self.folders) {
            match File::open(path) {
                Ok(file) => file.sync_all()?,
                Err(gone) if gone.kind() == ErrorKind::NotFound => {}
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    fn make_folders(&mut self, folder: &Path) -> Result<()> {
        if self.folders.contains(folder) {
            return Ok(());
        }
        if let Some(parent) = folder.parent() {
            self.make_folders(parent)?;
        }
        DirBuilder::new().mode(0o700).create(folder)?;
        self.folders.insert(folder.to_owned());
        Ok(())
    }
}

/// Names were checked: they stay below the root.
impl Sink for Folder {
    fn begin(&mut self, name: &str, _: u64) -> Result<()> {
        let path = self.root.join(name);
        if let Some(parent) = path.parent() {
            self.make_folders(parent)?;
        }
        let mut options = OpenOptions::new();
        let options = options.write(true).create_new(true).mode(0o600);
        self.file = Some(options.open(&path)?);
        self.files.push(path);
        Ok(())
    }

    fn content(&mut self, bytes: &[u8]) -> Result<()> {
        match &mut self.file {
            Some(file) => file.write_all(bytes),
            None => Ok(()),
        }
    }

    fn end(&mut self) -> Result<()> {
        self.file = None;
        Ok(())
    }
}
