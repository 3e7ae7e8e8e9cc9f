// SPDX-License-Identifier: Apache-2.0
//! Reading a backup from its first byte to its last, and checking everything on the way.

use std::collections::HashSet;
use std::io::Read;

use sha2::{Digest, Sha256};

use crate::about::{
    ABOUT, ABOUT_BYTES_MAX, About, FileFacts, MANIFEST, MANIFEST_BYTES_MAX, Manifest,
};
use crate::error::ArchiveError;
use crate::names;
use crate::tar::{Entry, Reader};

/// Where the files of an archive go. They are safe to use only once the archive was read to its
/// end without an error.
pub trait Sink {
    /// A file begins; its name is one of a data folder, and no file had it before.
    fn begin(&mut self, name: &str, bytes: u64) -> std::io::Result<()>;
    /// More of it.
    fn content(&mut self, bytes: &[u8]) -> std::io::Result<()>;
    /// It is whole.
    fn end(&mut self) -> std::io::Result<()>;
}

/// For reading an archive only to check it.
#[derive(Debug, Clone, Copy)]
pub struct Nowhere;

impl Sink for Nowhere {
    fn begin(&mut self, _: &str, _: u64) -> std::io::Result<()> {
        Ok(())
    }

    fn content(&mut self, _: &[u8]) -> std::io::Result<()> {
        Ok(())
    }

    fn end(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A backup that is being read.
pub struct Archive<R> {
    tar: Reader<R>,
    about: About,
}

impl<R: Read> Archive<R> {
    /// Reads what it says of itself.
    pub fn open(from: R) -> Result<Self, ArchiveError> {
        let mut tar = Reader::new(from);
        let first = tar.next()?;
        let first = first.filter(|entry| entry.name == ABOUT && entry.bytes <= ABOUT_BYTES_MAX);
        let first = first.ok_or(ArchiveError::Foreign("its first entry is not about.json"))?;
        let about = About::parse(&whole(&mut tar, &first)?)?;
        Ok(Self { tar, about })
    }

    /// What it says of itself. Checked only by [`Archive::read`].
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Reads all files into `sink` and checks each against the manifest.
    pub fn read(mut self, sink: &mut dyn Sink) -> Result<Manifest, ArchiveError> {
        let mut found = Vec::new();
        let mut names = HashSet::new();
        let mut left = self.about.bytes;
        while let Some(entry) = self.tar.next()? {
            if entry.name == MANIFEST {
                return self.finish(&entry, found);
            }
            let refused = |why| ArchiveError::Unsafe {
                name: entry.name.clone(),
                why,
            };
            names::check(&entry.name).map_err(refused)?;
            if !names.insert(entry.name.clone()) {
                return Err(refused("is there twice"));
            }
            left = left
                .checked_sub(entry.bytes)
                .filter(|_| found.len() as u64 != self.about.files)
                .ok_or_else(|| refused("is more than the backup says it holds"))?;
            found.push(self.file(&entry, sink)?);
        }
        Err(ArchiveError::damaged("it has no manifest"))
    }

    fn file(&mut self, entry: &Entry, sink: &mut dyn Sink) -> Result<FileFacts, ArchiveError> {
        let mut sum = Sha256::new();
        sink.begin(&entry.name, entry.bytes)?;
        self.tar.content(entry, &mut |bytes| {
            sum.update(bytes);
            Ok(sink.content(bytes)?)
        })?;
        sink.end()?;
        Ok(FileFacts {
            name: entry.name.clone(),
            bytes: entry.bytes,
            sha256: hex::encode(sum.finalize()),
            damaged: None,
        })
    }

    /// Compares what was found with the manifest; it is the last entry.
    fn finish(&mut self, entry: &Entry, found: Vec<FileFacts>) -> Result<Manifest, ArchiveError> {
        if entry.bytes > MANIFEST_BYTES_MAX {
            return Err(ArchiveError::damaged("its manifest is too long"));
        }
        let manifest = Manifest::parse(&whole(&mut self.tar, entry)?)?;
        if manifest.about != self.about {
            return Err(ArchiveError::damaged("about.json and manifest.json differ"));
        }
        compare(&manifest.files, &found)?;
        let bytes: u64 = found.iter().map(|file| file.bytes).sum();
        if (found.len() as u64, bytes) != (self.about.files, self.about.bytes) {
            return Err(ArchiveError::damaged("it holds less than it says"));
        }
        match self.tar.next()? {
            None => Ok(manifest),
            Some(_) => Err(ArchiveError::damaged("something follows its manifest")),
        }
    }
}

fn compare(said: &[FileFacts], found: &[FileFacts]) -> Result<(), ArchiveError> {
    for (said, found) in said.iter().zip(found) {
        if (&said.name, said.bytes) != (&found.name, found.bytes) {
            let what = format!("its manifest has {} where {} is", said.name, found.name);
            return Err(ArchiveError::Damaged(what));
        }
        if said.sha256 != found.sha256 {
            let what = format!("the content of {} is not what was backed up", said.name);
            return Err(ArchiveError::Damaged(what));
        }
    }
    match said.len() == found.len() {
        true => Ok(()),
        false => Err(ArchiveError::damaged(format!(
            "its manifest has {} files and {} are there",
            said.len(),
            found.len()
        ))),
    }
}

/// A small entry's content.
fn whole<R: Read>(tar: &mut Reader<R>, entry: &Entry) -> Result<Vec<u8>, ArchiveError> {
    let mut bytes = Vec::new();
    tar.content(entry, &mut |piece| {
        bytes.extend_from_slice(piece);
        Ok(())
    })?;
    Ok(bytes)
}
