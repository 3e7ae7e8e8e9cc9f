// SPDX-License-Identifier: Apache-2.0
//! Filters as the tree has them.

use std::borrow::Cow;

/// Where `a/#` is not to match `a`, it stands as `a/+/#`: the same topics but the parent. So it is
/// with every filter that ends so, and no two become one.
pub fn as_matched(filter: &str, hash_spares_parent: bool) -> Cow<'_, str> {
    match filter.strip_suffix("/#") {
        Some(parent) if hash_spares_parent => Cow::Owned(format!("{parent}/+/#")),
        _ => Cow::Borrowed(filter),
    }
}

#[cfg(test)]
mod tests {
    use hw_model::topic::matches;

    use super::as_matched;

    #[test]
    fn the_parent_alone_is_spared() {
        for (filter, yes, no) in [
            ("a/#", &["a/b", "a/b/c", "a/"][..], &["a", "b", "ab/c"][..]),
            ("a/+/#", &["a/b/c", "a/b/"], &["a", "a/b"]),
            ("#", &["a", "a/b"], &["$a"]),
            ("+/#", &["a/b"], &["a", "$a/b"]),
            ("a/b", &["a/b"], &["a"]),
        ] {
            let spared = as_matched(filter, true);
            assert!(yes.iter().all(|topic| matches(&spared, topic)), "{filter}");
            assert!(!no.iter().any(|topic| matches(&spared, topic)), "{filter}");
            assert_eq!(as_matched(filter, false), filter);
        }
    }
}
