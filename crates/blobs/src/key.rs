// SPDX-License-Identifier: Apache-2.0
//! Keys of objects: which are allowed, so that none can leave the root or hide in it.

use hw_kernel::port::blobs::BlobError;

/// Most bytes of a key, as in S3.
pub const KEY_BYTES_MAX: usize = 1024;

/// Most bytes of one part of a key: what file systems take.
const PART_BYTES_MAX: usize = 255;

/// The folder in the root for objects on their way in; no key may begin with it.
pub(crate) const INCOMING: &str = ".incoming";

/// Refuses a key that is empty, too long, or has an impossible part.
pub(crate) fn check(key: &str) -> Result<(), BlobError> {
    let allowed = key.len() <= KEY_BYTES_MAX && key.split('/').all(is_part) && !hides(key);
    allowed.then_some(()).ok_or_else(|| bad(key))
}

/// Refuses a prefix that no key could have. It may be empty, or end in the middle of a part.
pub(crate) fn check_prefix(prefix: &str) -> Result<(), BlobError> {
    let (folders, last) = prefix.rsplit_once('/').unwrap_or(("", prefix));
    let folders_fit = !prefix.starts_with('/')
        && (folders.is_empty() || folders.split('/').all(is_part))
        && prefix.len() <= KEY_BYTES_MAX;
    let last_fits = last.is_empty() || is_text(last);
    (folders_fit && last_fits)
        .then_some(())
        .ok_or_else(|| bad(prefix))
}

fn is_part(part: &str) -> bool {
    !part.is_empty() && part != "." && part != ".." && is_text(part)
}

fn is_text(part: &str) -> bool {
    part.len() <= PART_BYTES_MAX && !part.chars().any(|c| c.is_control() || c == '\\')
}

fn hides(key: &str) -> bool {
    key.split('/').next() == Some(INCOMING)
}

fn bad(key: &str) -> BlobError {
    BlobError::BadKey(key.chars().take(KEY_BYTES_MAX).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay_inside() {
        for good in [
            "a",
            "a/b.parquet",
            "..a/b..",
            "día=2026-01-01/x y",
            "b/.incoming",
        ] {
            assert!(check(good).is_ok(), "{good}");
        }
        let long = "a/".repeat(KEY_BYTES_MAX) + "a";
        let part = "a".repeat(PART_BYTES_MAX + 1);
        for bad in [
            "",
            "/",
            "/a",
            "a/",
            "a//b",
            "..",
            "a/../b",
            ".",
            "a/./b",
            "a\\b",
            "a\0b",
            "a\nb",
            ".incoming",
            ".incoming/x",
            &long,
            &part,
        ] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn prefixes_end_anywhere() {
        for good in ["", "a", "a/", "a/b", "a/."] {
            assert!(check_prefix(good).is_ok(), "{good}");
        }
        for bad in ["/", "/a", "../", "a//", "a\\", "a/../b"] {
            assert!(check_prefix(bad).is_err(), "{bad}");
        }
    }
}
