// SPDX-License-Identifier: Apache-2.0
//! Adapters of the blobs port: immutable objects as files of a folder, safe from power loss.
//!
//! Knows files and folders; must not know what the objects hold or who owns them.

mod error;
mod files;
mod folders;
mod key;
mod list;
mod put;
mod read;
mod resolver;
mod sums;

pub use files::FileBlobs;
pub use key::KEY_BYTES_MAX;
pub use resolver::open_url;
pub use sums::{attach_as_they_were, attach_to as attach_checksums};
