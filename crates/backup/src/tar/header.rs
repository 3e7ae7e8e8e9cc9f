// SPDX-License-Identifier: Apache-2.0
//! The header of an entry: encoded in the one way that we write it, and told apart from others.

use super::{BLOCK_BYTES, padding};

/// A header block.
pub(super) type Block = [u8; BLOCK_BYTES];

/// Most bytes of a name in the block itself.
const NAME_BYTES: usize = 100;

/// Greatest number of eleven octal digits.
const SIZE_MAX: u64 = 0o77_777_777_777;

/// A regular file.
pub(super) const FILE: u8 = b'0';

/// Name and size of the next entry, where its own header has no room.
pub(super) const EXTENDED: u8 = b'x';

/// What is in front of an entry's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub name: String,
    pub bytes: u64,
    /// Seconds since 1970.
    pub modified: u64,
}

impl Header {
    /// Everything in front of the content.
    pub fn encode(&self) -> Vec<u8> {
        let mut records = Vec::new();
        if self.name.len() > NAME_BYTES {
            records.extend(record("path", &self.name));
        }
        if self.bytes > SIZE_MAX {
            records.extend(record("size", &self.bytes.to_string()));
        }
        let mut out = Vec::new();
        if !records.is_empty() {
            let bytes = records.len() as u64;
            out.extend(block("extended", bytes, self.modified, EXTENDED));
            out.extend(&records);
            out.resize(out.len() + padding(bytes), 0);
        }
        let bytes = if self.bytes > SIZE_MAX { 0 } else { self.bytes };
        out.extend(block(&self.name, bytes, self.modified, FILE));
        out
    }
}

/// `LENGTH KEY=VALUE\n`, where the length counts itself.
fn record(key: &str, value: &str) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length += 1;
    }
    format!("{length} {key}={value}\n").into_bytes()
}

/// Takes apart the records of an extended header: the name and size that they say.
pub(super) fn records(mut bytes: &[u8]) -> Option<(Option<String>, Option<u64>)> {
    let (mut name, mut size) = (None, None);
    while !bytes.is_empty() {
        let space = bytes.iter().take(8).position(|b| *b == b' ')?;
        let length: usize = std::str::from_utf8(&bytes[..space]).ok()?.parse().ok()?;
        let record = bytes.get(space + 1..length)?;
        let text = std::str::from_utf8(record).ok()?.strip_suffix('\n')?;
        match text.split_once('=')? {
            ("path", value) => name = Some(value.to_owned()),
            ("size", value) => size = Some(value.parse().ok()?),
            _ => return None,
        }
        bytes = &bytes[length..];
    }
    Some((name, size))
}

fn block(name: &str, bytes: u64, modified: u64, kind: u8) -> Block {
    let mut out = [0; BLOCK_BYTES];
    let name = &name.as_bytes()[..name.len().min(NAME_BYTES)];
    out[..name.len()].copy_from_slice(name);
    let mut put = |at: usize, text: &str| out[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(100, "0000600\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{bytes:011o}\0"));
    put(136, &format!("{:011o}\0", modified.min(SIZE_MAX)));
    put(148, "        ");
    put(257, "ustar\x0000");
    out[156] = kind;
    let sum: u32 = out.iter().map(|byte| u32::from(*byte)).sum();
    out[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    out
}

/// Whether a block is a header at all.
pub(super) fn is_header(block: &Block) -> bool {
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    let own: u32 = block[148..156].iter().map(|byte| u32::from(*byte)).sum();
    block[257..262] == *b"ustar" && octal(&block[148..156]) == Some(u64::from(sum - own + 8 * 32))
}

pub(super) fn kind(block: &Block) -> u8 {
    block[156]
}

pub(super) fn size(block: &Block) -> Option<u64> {
    octal(&block[124..136])
}

pub(super) fn modified(block: &Block) -> Option<u64> {
    octal(&block[136..148])
}

/// The name in the block; for people if it is not UTF-8.
pub(super) fn name(block: &Block) -> String {
    let bytes = block[..NAME_BYTES].split(|byte| *byte == 0).next();
    String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
}

fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?;
    let text = text.trim_matches(['\0', ' ']);
    u64::from_str_radix(text, 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_count_themselves() {
        assert_eq!(record("path", "a"), b"9 path=a\n");
        let long = "x".repeat(990);
        for name in ["a", "ab", &long[..90], &long[..91], &long[..92], &long] {
            let bytes = record("path", name);
            assert_eq!(records(&bytes), Some((Some(name.to_owned()), None)));
        }
        let both = [record("path", "a"), record("size", "9")].concat();
        assert_eq!(records(&both), Some((Some("a".into()), Some(9))));
        for bad in [
            "",
            "x",
            "8 path=a\n",
            "10 path=ab\n",
            "9 mode=a\n",
            "0 ",
            "99 path=a\n",
        ] {
            let expected = bad.is_empty().then_some((None, None));
            assert_eq!(records(bad.as_bytes()), expected, "{bad:?}");
        }
    }

    #[test]
    fn a_block_is_one_and_any_flipped_bit_shows() {
        let block = block("log/a.seg", 77, 1_700_000_000, FILE);
        assert!(is_header(&block));
        assert_eq!((name(&block), size(&block)), ("log/a.seg".into(), Some(77)));
        let header = Header {
            name: "log/a.seg".into(),
            bytes: 77,
            modified: 1_700_000_000,
        };
        assert_eq!(header.encode(), block);
        for bit in 0..BLOCK_BYTES * 8 {
            let mut bad = block;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(
                !is_header(&bad) || bad[148..156] != block[148..156],
                "{bit}"
            );
        }
    }
}
