// SPDX-License-Identifier: Apache-2.0
//! Reading a file of which the disk may have lost parts: what can't be read comes as zeros, which
//! are no record.

use std::fs::File;
use std::io::{ErrorKind, Result};
use std::os::unix::fs::FileExt;

/// What a disk loses at once, at least: reading is tried again in pieces of that size.
const BLOCK_BYTES: usize = 4096;

/// EIO, which [`ErrorKind`] has no name for.
const INPUT_OUTPUT_ERROR: i32 = 5;

/// Reads `length` bytes at `from`, or as many as there are.
pub(crate) fn read_at(file: &File, from: u64, length: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    match fill(file, from, &mut bytes) {
        Err(bad) if bad.raw_os_error() == Some(INPUT_OUTPUT_ERROR) => {
            let mut done = 0;
            for block in bytes.chunks_mut(BLOCK_BYTES) {
                match fill(file, from + done as u64, block) {
                    Err(bad) if bad.raw_os_error() == Some(INPUT_OUTPUT_ERROR) => {
                        block.fill(0);
                        done += block.len();
                    }
                    read => done += read?,
                }
            }
            bytes.truncate(done);
        }
        read => {
            let there = read?;
            bytes.truncate(there);
        }
    }
    Ok(bytes)
}

fn fill(file: &File, from: u64, bytes: &mut [u8]) -> Result<usize> {
    let mut done = 0;
    while done < bytes.len() {
        match file.read_at(&mut bytes[done..], from + done as u64) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(again) if again.kind() == ErrorKind::Interrupted => {}
            Err(other) => return Err(other),
        }
    }
    Ok(done)
}
