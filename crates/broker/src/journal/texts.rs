// SPDX-License-Identifier: Apache-2.0
//! Texts and bytes in records: a length of 32 bits, then the bytes.

use hw_kernel::record::wire::Fields;

/// Appends bytes.
pub fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// Reads bytes.
pub fn bytes(fields: &mut Fields<'_>) -> Option<Box<[u8]>> {
    let length = fields.u32()? as usize;
    fields.take(length).map(Box::from)
}

/// Reads a text.
pub fn text(fields: &mut Fields<'_>) -> Option<Box<str>> {
    let length = fields.u32()? as usize;
    fields.text(length).map(Box::from)
}
