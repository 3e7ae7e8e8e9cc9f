// SPDX-License-Identifier: Apache-2.0
//! `StringEquals` and `StringEqualsIgnoreCase`; `StringLike` is a pattern of its own.

pub(super) fn equals(value: &str, wanted: &str) -> bool {
    value == wanted
}

pub(super) fn equals_ignoring_case(value: &str, wanted: &str) -> bool {
    value
        .chars()
        .flat_map(char::to_lowercase)
        .eq(wanted.chars().flat_map(char::to_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case() {
        assert!(equals_ignoring_case("ÉTÉ", "été"));
        assert!(!equals_ignoring_case("a", "ab"));
        assert!(!equals("a", "A"));
    }
}
