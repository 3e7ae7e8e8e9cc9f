// SPDX-License-Identifier: Apache-2.0
//! A file system: room, kind, whether it can be written.

use std::ffi::CString;
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Room on a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// In all.
    pub bytes: u64,
    /// Free for those who are not root.
    pub free_bytes: u64,
    /// Files that can still be made; 0 and no files in all where the file system does not count.
    pub free_files: u64,
    /// Files in all.
    pub files: u64,
    /// Mounted to be read only.
    pub read_only: bool,
}

/// The room on the volume of a folder.
#[expect(unsafe_code, reason = "statvfs has no safe form in std")]
#[allow(clippy::unnecessary_cast, reason = "widths differ between targets")]
pub fn space(folder: &Path) -> io::Result<Space> {
    let path = CString::new(folder.as_os_str().as_bytes())?;
    let mut facts = MaybeUninit::<libc::statvfs>::zeroed();
    // SAFETY: `path` ends in NUL and `facts` has room for what the call writes.
    let failed = unsafe { libc::statvfs(path.as_ptr(), facts.as_mut_ptr()) } != 0;
    if failed {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it was zeroed, and the call has filled it.
    let facts = unsafe { facts.assume_init() };
    let block = facts.f_frsize as u64;
    Ok(Space {
        bytes: facts.f_blocks as u64 * block,
        free_bytes: facts.f_bavail as u64 * block,
        free_files: facts.f_favail as u64,
        files: facts.f_files as u64,
        read_only: facts.f_flag & libc::ST_RDONLY != 0,
    })
}

/// The kind of file system of a folder, and where it is mounted, by `/proc/self/mounts`.
pub fn kind(folder: &Path) -> Option<(String, String)> {
    let mounts = std::fs::read_to_string("/proc/self/mounts").ok()?;
    let mut best: Option<(&str, &str)> = None;
    for line in mounts.lines() {
        let mut fields = line.split(' ');
        let (Some(_), Some(at), Some(kind)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        // The last mount of the longest path counts.
        if folder.starts_with(at) && best.is_none_or(|(known, _)| at.len() >= known.len()) {
            best = Some((at, kind));
        }
    }
    best.map(|(at, kind)| (kind.to_owned(), at.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_folder_has_room_and_a_kind() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let space = space(folder.path()).expect("it is there");
        assert!(space.bytes >= space.free_bytes && !space.read_only);
        assert!(kind(folder.path()).is_some());
        assert!(super::space(Path::new("/nowhere")).is_err());
    }
}
