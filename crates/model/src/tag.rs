// SPDX-License-Identifier: Apache-2.0
//! Tags: keys with values that people put on what they have made, and what AWS allows in them.

/// Most tags of one resource, as on AWS.
pub const TAGS_MAX: usize = 50;

/// Most characters in a key.
pub const KEY_CHARS_MAX: usize = 128;

/// Most characters in a value.
pub const VALUE_CHARS_MAX: usize = 256;

/// What keys must not begin with, in any case: such tags are AWS's own.
const RESERVED: &str = "aws:";

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// One of its kind on a resource; upper and lower case differ.
    pub key: String,
    /// May be empty.
    pub value: String,
}

/// Why tags were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTag {
    /// A key has other characters, or too many.
    #[error("a tag's key has 1 to {max} letters, digits, spaces and _ . : / = + - @", max = KEY_CHARS_MAX)]
    Key,
    /// A key that nobody may use.
    #[error("a tag's key must not begin with {begin}, which AWS keeps for itself", begin = RESERVED)]
    Reserved,
    /// A value is too long, or has characters of control.
    #[error("a tag's value has at most {max} characters, none of control", max = VALUE_CHARS_MAX)]
    Value,
    /// The same key twice.
    #[error("a tag's key stands there twice")]
    Twice,
    /// Too many at once.
    #[error("a resource has at most {max} tags", max = TAGS_MAX)]
    Many,
}

/// Checks tags that are put on one resource together.
pub fn check(tags: &[Tag]) -> Result<(), BadTag> {
    if tags.len() > TAGS_MAX {
        return Err(BadTag::Many);
    }
    for (at, tag) in tags.iter().enumerate() {
        check_key(&tag.key)?;
        if tags[..at].iter().any(|other| other.key == tag.key) {
            return Err(BadTag::Twice);
        }
        let long = tag.value.chars().count() > VALUE_CHARS_MAX;
        if long || tag.value.chars().any(char::is_control) {
            return Err(BadTag::Value);
        }
    }
    Ok(())
}

/// Checks a key.
pub fn check_key(key: &str) -> Result<(), BadTag> {
    let good = |c: char| {
        c.is_alphanumeric() || "_.:/=+-@".contains(c) || (c.is_whitespace() && !c.is_control())
    };
    let few = (1..=KEY_CHARS_MAX).contains(&key.chars().count());
    if !few || !key.chars().all(good) {
        return Err(BadTag::Key);
    }
    let reserved = key.get(..RESERVED.len());
    if reserved.is_some_and(|begin| begin.eq_ignore_ascii_case(RESERVED)) {
        return Err(BadTag::Reserved);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> Tag {
        Tag {
            key: key.to_owned(),
            value: value.to_owned(),
        }
    }

    #[test]
    fn aws_rules() {
        let (long_key, long_value) = ("k".repeat(129), "v".repeat(257));
        for (tags, wanted) in [
            (vec![], Ok(())),
            (vec![tag("Ort / Stadt", "Köln"), tag("ort", "")], Ok(())),
            (vec![tag("", "x")], Err(BadTag::Key)),
            (vec![tag("a;b", "x")], Err(BadTag::Key)),
            (vec![tag("a\nb", "x")], Err(BadTag::Key)),
            (vec![tag(&long_key, "x")], Err(BadTag::Key)),
            (vec![tag("aws:site", "x")], Err(BadTag::Reserved)),
            (vec![tag("AWS:site", "x")], Err(BadTag::Reserved)),
            (vec![tag("äws", "x")], Ok(())),
            (vec![tag("a", &long_value)], Err(BadTag::Value)),
            (vec![tag("a", "x\0")], Err(BadTag::Value)),
            (vec![tag("a", "1"), tag("a", "2")], Err(BadTag::Twice)),
        ] {
            assert_eq!(check(&tags), wanted, "{tags:?}");
        }
        let many: Vec<_> = (0..=TAGS_MAX).map(|n| tag(&n.to_string(), "")).collect();
        assert_eq!(check(&many), Err(BadTag::Many));
        assert_eq!(check(&many[1..]), Ok(()));
    }
}
