// SPDX-License-Identifier: Apache-2.0
//! The part of tar that a backup uses: regular files, ustar headers, pax headers for long names
//! and large sizes (POSIX.1-2001, `pax`, "ustar Interchange Format"). Any tar program reads it.

mod header;
mod reader;
mod writer;

pub(crate) use reader::{Entry, Reader};
pub(crate) use writer::Writer;

/// Headers and contents are padded to that many bytes.
pub(crate) const BLOCK_BYTES: usize = 512;

/// How many zero bytes follow `bytes` of content.
fn padding(bytes: u64) -> usize {
    let over = (bytes % BLOCK_BYTES as u64) as usize;
    (BLOCK_BYTES - over) % BLOCK_BYTES
}
