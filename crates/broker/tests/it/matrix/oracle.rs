// SPDX-License-Identifier: Apache-2.0
//! Who may get what, as plainly as AWS's pages put it, and knowing nothing of the engine under test.
//!
//! Source: AWS IoT developer guide, `pub-sub-policy` and `iot-policy-actions`: an explicit Deny wins,
//! then an Allow, else it is denied; `*` is any run of characters and `?` any one, also across `/`; `+`
//! and `#` are characters like any other. Receive is asked for the topic of each delivery.

/// A statement of a policy.
#[derive(Debug, Clone)]
pub struct Statement {
    pub allow: bool,
    pub action: &'static str,
    /// What follows the account in the ARN: `topic/a/*`.
    pub resource: String,
}

/// Whether the statements allow an action on a resource.
pub fn allowed(policy: &[Statement], action: &str, resource: &str) -> bool {
    let speaks = |it: &&Statement| it.action == action && glob(&it.resource, resource);
    let denied = policy.iter().any(|it| !it.allow && speaks(&it));
    !denied && policy.iter().any(|it| it.allow && speaks(&it))
}

fn glob(pattern: &str, text: &str) -> bool {
    let Some(first) = pattern.chars().next() else {
        return text.is_empty();
    };
    let rest = &pattern[first.len_utf8()..];
    match first {
        '*' => (0..=text.len()).any(|skip| glob(rest, &text[skip..])),
        _ => match text.chars().next() {
            Some(found) if first == '?' || first == found => glob(rest, &text[found.len_utf8()..]),
            _ => false,
        },
    }
}

/// Whether a filter matches a topic, level by level (MQTT 5, section 4.7).
pub fn matches(filter: &str, topic: &str) -> bool {
    if topic.starts_with('$') && !filter.starts_with('$') {
        return false;
    }
    let (filter, topic): (Vec<_>, Vec<_>) =
        (filter.split('/').collect(), topic.split('/').collect());
    for (at, level) in filter.iter().enumerate() {
        match (*level, topic.get(at)) {
            ("#", _) => return true,
            (_, None) => return false,
            ("+", Some(_)) => {}
            (level, Some(found)) if level == *found => {}
            _ => return false,
        }
    }
    filter.len() == topic.len()
}

/// The statements as a policy document.
pub fn document(policy: &[Statement]) -> String {
    let statements: Vec<_> = policy
        .iter()
        .map(|it| {
            serde_json::json!({
                "Effect": if it.allow { "Allow" } else { "Deny" },
                "Action": format!("iot:{}", it.action),
                "Resource": format!("arn:aws:iot:*:*:{}", it.resource),
            })
        })
        .collect();
    serde_json::json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}
