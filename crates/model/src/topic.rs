// SPDX-License-Identifier: Apache-2.0
//! Topic names and topic filters (MQTT 5 section 4.7): syntax and matching.

/// Most bytes in a topic or filter: the MQTT string limit.
pub const TOPIC_BYTES_MAX: usize = 65_535;

/// Most levels in a topic or filter outside `--profile aws`; deeper ones are refused before any
/// walk, so that no filter can make the tree deep.
pub const TOPIC_LEVELS_MAX: usize = 201;

/// Why a topic or filter was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadTopic {
    /// No characters at all.
    #[error("a topic has at least one character")]
    Empty,
    /// Longer than an MQTT string.
    #[error("a topic has at most 65,535 bytes")]
    TooLong,
    /// More than [`TOPIC_LEVELS_MAX`] levels.
    #[error("a topic has at most 201 levels")]
    TooDeep,
    /// U+0000.
    #[error("a topic has no null character")]
    Null,
    /// `+` or `#` where a topic name is wanted.
    #[error("a topic name has no wildcard")]
    WildcardInName,
    /// `+` beside other characters in its level, or `#` not alone in the last level.
    #[error("a wildcard stands alone in its level, and # only in the last one")]
    WildcardPlace,
}

fn check_length(text: &str) -> Result<(), BadTopic> {
    if text.is_empty() {
        return Err(BadTopic::Empty);
    }
    if text.len() > TOPIC_BYTES_MAX {
        return Err(BadTopic::TooLong);
    }
    let bytes = text.as_bytes();
    if bytes.contains(&0) {
        return Err(BadTopic::Null);
    }
    if bytes.iter().filter(|b| **b == b'/').count() >= TOPIC_LEVELS_MAX {
        return Err(BadTopic::TooDeep);
    }
    Ok(())
}

/// Checks a topic name, as in PUBLISH.
pub fn check_name(topic: &str) -> Result<(), BadTopic> {
    check_length(topic)?;
    if topic.bytes().any(|b| b == b'+' || b == b'#') {
        return Err(BadTopic::WildcardInName);
    }
    Ok(())
}

/// Checks a topic filter, as in SUBSCRIBE.
pub fn check_filter(filter: &str) -> Result<(), BadTopic> {
    check_length(filter)?;
    let mut levels = filter.split('/').peekable();
    while let Some(level) = levels.next() {
        let wild = level.bytes().any(|b| b == b'+' || b == b'#');
        let misplaced = level.len() > 1 || (level == "#" && levels.peek().is_some());
        if wild && misplaced {
            return Err(BadTopic::WildcardPlace);
        }
    }
    Ok(())
}

/// Whether the filter has a wildcard.
pub fn is_wild(filter: &str) -> bool {
    filter.bytes().any(|b| b == b'+' || b == b'#')
}

/// Whether a valid filter matches a valid topic name: `#` also matches its parent, and no filter
/// that begins with a wildcard matches a topic that begins with `$`.
pub fn matches(filter: &str, topic: &str) -> bool {
    if topic.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let (mut filter, mut topic) = (filter.split('/'), topic.split('/'));
    loop {
        match (filter.next(), topic.next()) {
            (Some("#"), _) => return true,
            (Some("+"), Some(_)) => {}
            (Some(wanted), Some(level)) if wanted == level => {}
            (None, None) => return true,
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matching_as_the_specification_shows() {
        for (filter, topic, wanted) in [
            ("sport/tennis/player1/#", "sport/tennis/player1", true),
            (
                "sport/tennis/player1/#",
                "sport/tennis/player1/score/wimbledon",
                true,
            ),
            ("sport/#", "sport", true),
            ("#", "a/b", true),
            ("sport/+", "sport", false),
            ("sport/+", "sport/", true),
            ("+/+", "/finance", true),
            ("/+", "/finance", true),
            ("+", "/finance", false),
            ("#", "$SYS/a", false),
            ("+/monitor/Clients", "$SYS/monitor/Clients", false),
            ("$SYS/#", "$SYS/a", true),
            ("a/b", "a/b/c", false),
        ] {
            assert_eq!(matches(filter, topic), wanted, "{filter} {topic}");
        }
    }

    #[test]
    fn syntax() {
        for good in ["#", "+", "a/+/b/#", "/", "a//b", "$aws/things/+/shadow/#"] {
            assert_eq!(check_filter(good), Ok(()), "{good}");
        }
        for bad in ["a#", "#/a", "a+", "+a/b", "a/#/b", "", "a\0b", "##"] {
            assert!(check_filter(bad).is_err(), "{bad}");
        }
        assert_eq!(check_name("a/+"), Err(BadTopic::WildcardInName));
        assert_eq!(check_filter(&"/".repeat(20_000)), Err(BadTopic::TooDeep));
        assert_eq!(check_name(&"/".repeat(200)), Ok(()));
    }
}
