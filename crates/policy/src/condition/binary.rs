// SPDX-License-Identifier: Apache-2.0
//! `BinaryEquals`: the bytes behind two base64 texts are the same.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub(super) fn is_valid(text: &str) -> bool {
    STANDARD.decode(text).is_ok()
}

pub(super) fn equals(value: &str, wanted: &str) -> bool {
    match (STANDARD.decode(value), STANDARD.decode(wanted)) {
        (Ok(value), Ok(wanted)) => value == wanted,
        _ => false,
    }
}
