// SPDX-License-Identifier: Apache-2.0
//! Oracles: the rules as the standards put them, without a thought for speed.

/// Whether a topic filter matches a topic name (MQTT 5, section 4.7).
pub fn filter_matches(filter: &str, topic: &str) -> bool {
    let filter: Vec<&str> = filter.split('/').collect();
    let topic: Vec<&str> = topic.split('/').collect();
    // MQTT-4.7.2-1
    let hidden = topic[0].starts_with('$') && (filter[0] == "+" || filter[0] == "#");
    !hidden && levels_match(&filter, &topic)
}

fn levels_match(filter: &[&str], topic: &[&str]) -> bool {
    match (filter, topic) {
        ([], []) => true,
        // The parent, too (section 4.7.1.2).
        (["#"], _) => true,
        ([], _) | (_, []) => false,
        ([wanted, filter @ ..], [level, topic @ ..]) => {
            (*wanted == "+" || wanted == level) && levels_match(filter, topic)
        }
    }
}

/// Whether text is a topic filter (MQTT 5, section 4.7) of at most 201 levels.
pub fn is_filter(text: &str) -> bool {
    let levels: Vec<&str> = text.split('/').collect();
    let last = levels.len() - 1;
    let good = |(at, level): (usize, &&str)| match *level {
        "+" => true,
        "#" => at == last,
        level => !level.contains('+') && !level.contains('#'),
    };
    is_topic_text(text) && levels.iter().enumerate().all(good)
}

/// Whether text is a topic name (MQTT 5, section 4.7) of at most 201 levels.
pub fn is_name(text: &str) -> bool {
    is_topic_text(text) && !text.contains('+') && !text.contains('#')
}

fn is_topic_text(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 65_535
        && !text.contains('\0')
        && text.split('/').count() <= 201
}

/// Whether a pattern in which `*` is any run and `?` any character matches the whole text.
pub fn glob(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        (['*', pattern_rest @ ..], _) => {
            glob(pattern_rest, text) || (!text.is_empty() && glob(pattern, &text[1..]))
        }
        (['?', pattern @ ..], [_, text @ ..]) => glob(pattern, text),
        ([wanted, pattern @ ..], [have, text @ ..]) => wanted == have && glob(pattern, text),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oracles_know_the_examples_of_the_standards() {
        for (filter, topic, wanted) in [
            ("sport/tennis/player1/#", "sport/tennis/player1", true),
            ("sport/#", "sport", true),
            ("sport/+", "sport", false),
            ("sport/+", "sport/", true),
            ("+/+", "/finance", true),
            ("+", "/finance", false),
            ("#", "$SYS/a", false),
            ("+/monitor/Clients", "$SYS/monitor/Clients", false),
            ("$SYS/#", "$SYS/a", true),
        ] {
            assert_eq!(filter_matches(filter, topic), wanted, "{filter} {topic}");
        }
        assert!(is_filter("+/a/#") && !is_filter("#/a") && !is_filter("a+") && !is_name("a/+"));
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        assert!(glob(&chars("a*c?"), &chars("abbcd")) && !glob(&chars("?"), &[]));
    }
}
