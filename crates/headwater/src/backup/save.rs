// SPDX-License-Identifier: Apache-2.0
//! From the bytes of a backup to a file: checked on the way, encrypted if asked, and under its name
//! only when it is whole and safe.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use hw_backup::{Archive, ArchiveError, Manifest, Nowhere, Sealer};
use hw_model::Secret;

/// Bytes that are written at once.
const BUFFER_BYTES: usize = 1 << 20;

/// Bytes that wait for the disk at most.
const DIRTY_BYTES_MAX: usize = 8 << 20;

/// Where a backup goes.
pub struct Target {
    /// The file.
    pub path: PathBuf,
    /// Whether one that is there may be replaced.
    pub replace: bool,
    /// Encrypts it.
    pub passphrase: Option<Secret<Vec<u8>>>,
}

/// Told how many bytes of the backup are done.
pub type Progress<'a> = &'a mut (dyn FnMut(u64) + Send);

/// What was saved.
pub struct Saved {
    /// What is in it.
    pub manifest: Manifest,
    /// Bytes of the file.
    pub bytes: u64,
}

/// Why there is no backup now.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// The file is there already.
    #[error("{0} is there already; name another file, or say --force to replace it")]
    Exists(PathBuf),
    /// Somebody else writes it.
    #[error("another backup is being written to {0}")]
    Busy(PathBuf),
    /// It can't be written.
    #[error("{path} can't be written: {source}")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What came is no whole backup.
    #[error("the backup did not come to its end: {0}")]
    Broken(ArchiveError),
}

/// Reads a backup from `from` and saves it.
pub fn save(from: impl Read, to: &Target, progress: Progress<'_>) -> Result<Saved, SaveError> {
    let failed = |source| SaveError::Write {
        path: to.path.clone(),
        source,
    };
    if !to.replace && to.path.symlink_metadata().is_ok() {
        return Err(SaveError::Exists(to.path.clone()));
    }
    let partial = partial(&to.path);
    let file = open(&partial).map_err(|error| match error {
        None => SaveError::Busy(to.path.clone()),
        Some(source) => failed(source),
    })?;
    let saved = write(from, &file, to, progress);
    let saved = saved.and_then(|manifest| {
        file.sync_all().map_err(failed)?;
        let bytes = file.metadata().map_err(failed)?.len();
        if !to.replace && to.path.symlink_metadata().is_ok() {
            return Err(SaveError::Exists(to.path.clone()));
        }
        std::fs::rename(&partial, &to.path).map_err(failed)?;
        File::open(folder_of(&to.path))
            .and_then(|folder| folder.sync_all())
            .map_err(failed)?;
        Ok(Saved { manifest, bytes })
    });
    if saved.is_err() {
        let _ = std::fs::remove_file(&partial);
    }
    saved
}

fn folder_of(path: &Path) -> &Path {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

/// The name until it is whole. What a killed run left under it is written over.
fn partial(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    path.with_file_name(name)
}

/// `Err(None)` means that another process writes it.
fn open(path: &Path) -> Result<File, Option<io::Error>> {
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(path).map_err(Some)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(None),
        Err(TryLockError::Error(error)) => return Err(Some(error)),
    }
    file.set_len(0).map_err(Some)?;
    Ok(file)
}

fn write(
    from: impl Read,
    file: &File,
    to: &Target,
    progress: Progress<'_>,
) -> Result<Manifest, SaveError> {
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, Steady { file, dirty: 0 });
    let mut error = None;
    let read = match &to.passphrase {
        None => copy(from, &mut out, progress, &mut error),
        Some(passphrase) => Sealer::new(&mut out, passphrase.expose())
            .map_err(|source| SaveError::Write {
                path: to.path.clone(),
                source,
            })
            .and_then(|mut sealer| {
                let manifest = copy(from, &mut sealer, progress, &mut error)?;
                let finished = sealer.finish().map(drop);
                finished
                    .map(|()| manifest)
                    .map_err(|source| SaveError::Write {
                        path: to.path.clone(),
                        source,
                    })
            }),
    };
    let flushed = out.flush();
    if let Some(source) = error.or(flushed.err()) {
        let path = to.path.clone();
        return Err(SaveError::Write { path, source });
    }
    read
}

/// Syncs again and again: a gigabyte that the disk has to write at once would hold up every sync of
/// a log on the same disk.
struct Steady<'a> {
    file: &'a File,
    dirty: usize,
}

impl Write for Steady<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.dirty >= DIRTY_BYTES_MAX {
            self.file.sync_data()?;
            self.dirty = 0;
        }
        let count = self.file.write(bytes)?;
        self.dirty += count;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads and checks the backup while `out` gets every byte of it.
fn copy(
    from: impl Read,
    out: &mut dyn Write,
    progress: Progress<'_>,
    error: &mut Option<io::Error>,
) -> Result<Manifest, SaveError> {
    let tee = Tee {
        from,
        out,
        done: 0,
        progress,
        error,
    };
    let archive = Archive::open(tee).map_err(SaveError::Broken)?;
    archive.read(&mut Nowhere).map_err(SaveError::Broken)
}

/// Gives on what it reads. An error of writing is kept apart from those of reading.
struct Tee<'a, R> {
    from: R,
    out: &'a mut dyn Write,
    done: u64,
    progress: Progress<'a>,
    error: &'a mut Option<io::Error>,
}

impl<R: Read> Read for Tee<'_, R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(bytes)?;
        if let Err(error) = self.out.write_all(&bytes[..count]) {
            *self.error = Some(error);
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.done += count as u64;
        (self.progress)(self.done);
        Ok(count)
    }
}
