// SPDX-License-Identifier: Apache-2.0
//! Backups: a server's state at one moment as one file, and that file checked and unpacked.
//!
//! A backup is a tar file. Its first entry, `about.json`, says what it is; then come the files of
//! a data folder as they were at one [position](About::position); its last entry, `manifest.json`,
//! has every file's size and SHA-256. Nothing is compressed: what takes room is Parquet, which is
//! already. With a passphrase the whole is an age file (age-encryption.org/v1), so that it can be
//! opened without Headwater too. Only what this crate writes is read: every header must be, byte
//! for byte, the one that it would have written.
//!
//! Knows the ports that it copies from and the archive; must not know what the files mean.

mod about;
mod age;
mod archive;
mod copy;
mod earliest;
mod error;
mod freeze;
mod names;
mod objects;
mod tar;
mod unpack;

pub use about::{About, Account, FileFacts, MANIFEST_BYTES_MAX, Manifest, MasterKeyPlace};
pub use age::{Opener, Sealer, is_sealed};
pub use archive::{Archive, Nowhere, Sink};
pub use copy::write;
pub use earliest::{begin_checkpoints, earliest, note_checkpoint};
pub use error::{ArchiveError, BackupError};
pub use freeze::{Frozen, Source, freeze};
pub use objects::Damaged;
pub use unpack::Folder;
