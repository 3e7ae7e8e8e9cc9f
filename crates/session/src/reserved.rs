// SPDX-License-Identifier: Apache-2.0
//! Topics that are the server's: `$aws/…`, `$SYS/…` and the like, which devices publish to by few
//! exceptions.

use hw_mqtt::reason;

use crate::refusal::Refusal;

/// Why nobody may publish to a topic, once its policy allowed it.
///
/// `$aws/…` topics are requests to handlers (shadows, jobs, provisioning, basic ingest). Where none
/// is registered the request can't be served, and it ends the connection as a denied one does, as
/// AWS does with misuse of them. `$SYS` is not for publishers, but for bridges, which say there how
/// they are. Other names that begin with `$` are as good as any (MQTT 5 section 4.7.2 leaves them to
/// the server); no filter that begins with a wildcard sees them.
pub(crate) fn refuse(topic: &str, retain: bool) -> Option<Refusal> {
    if !topic.starts_with('$') {
        return None;
    }
    let first = topic.split('/').next()?;
    // The registered handlers are asked here.
    let cause = match first {
        "$aws" if is_basic_ingest(topic) && !retain => return None,
        "$aws" => "reserved topic: nothing here serves it yet",
        "$SYS" if is_state_of_bridge(topic) => return None,
        "$SYS" => "reserved topic: nobody but the server publishes to $SYS",
        "$share" => "reserved topic: $share begins filters of shared subscriptions only",
        "$CONTROL" => "reserved topic: commands to other brokers, which nothing here serves",
        _ if retain => {
            let cause = "nothing is retained on a $ topic";
            return Some(Refusal::publish(topic, reason::TOPIC_NAME_INVALID, cause));
        }
        _ => return None,
    };
    Some(Refusal::publish(topic, reason::NOT_AUTHORIZED, cause))
}

/// Where bridges of other brokers say whether they are connected: the one topic of `$SYS` that
/// clients publish to.
fn is_state_of_bridge(topic: &str) -> bool {
    let name = topic
        .strip_prefix("$SYS/broker/connection/")
        .and_then(|rest| rest.strip_suffix("/state"));
    name.is_some_and(|name| !name.is_empty() && !name.contains('/'))
}

/// Whether a message goes to a rule, `$aws/rules/RULE/…`: it is stored, and nobody else gets it
/// (AWS IoT developer guide, `iot-basic-ingest`).
#[inline]
pub(crate) fn is_basic_ingest(topic: &str) -> bool {
    let rule = topic.strip_prefix("$aws/rules/");
    rule.is_some_and(|rule| !rule.is_empty() && !rule.starts_with('/'))
}

/// The topic as tables are told by it which messages they keep: without `$aws/rules/RULE/`.
#[inline]
pub(crate) fn without_rule(topic: &str) -> &str {
    let rest = topic.strip_prefix("$aws/rules/");
    match rest.and_then(|rest| rest.split_once('/')) {
        Some((rule, rest)) if !rule.is_empty() && !rest.is_empty() => rest,
        _ => topic,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_reserved() {
        for taken in [
            "$aws/things/a/shadow/update",
            "$SYS/broker/uptime",
            "$SYS/broker/connection/a",
            "$SYS/broker/connection//state",
            "$SYS/broker/connection/a/b/state",
            "$share/a/b",
            "$CONTROL/x",
        ] {
            assert!(refuse(taken, false).is_some(), "{taken}");
        }
        for free in ["a/$SYS", "$other", "$awsome/a"] {
            assert!(refuse(free, false).is_none(), "{free}");
        }
        assert!(refuse("$other", true).is_some());
        assert!(refuse("$SYS/broker/connection/bridge 1/state", true).is_none());
    }
}
