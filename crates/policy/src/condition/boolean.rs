// SPDX-License-Identifier: Apache-2.0
//! `Bool`, and the values of `Null`: `true` and `false` in any case.

fn parse(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

pub(super) fn is_valid(text: &str) -> bool {
    parse(text).is_some()
}

pub(super) fn is(text: &str, wanted: bool) -> bool {
    parse(text) == Some(wanted)
}

pub(super) fn equals(value: &str, wanted: &str) -> bool {
    parse(value).is_some_and(|value| is(wanted, value))
}
