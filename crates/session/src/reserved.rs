// SPDX-License-Identifier: Apache-2.0
//! Topics that are the server's: `$aws/…` and `$SYS/…`, which devices publish to by few exceptions.

use hw_mqtt::reason;

use crate::refusal::Refusal;

/// Why nobody may publish to a topic, once its policy allowed it.
///
/// `$aws/…` topics are requests to handlers (shadows, jobs, provisioning, basic ingest). Where none
/// is registered the request can't be served, and it ends the connection as a denied one does, as
/// AWS does with misuse of them. `$SYS` is not for publishers at all. Other names that begin with
/// `$` are as good as any (MQTT 5 section 4.7.2 leaves them to the server); no filter that begins
/// with a wildcard sees them.
pub(crate) fn refuse(topic: &str, retain: bool) -> Option<Refusal> {
    if !topic.starts_with('$') {
        return None;
    }
    let first = topic.split('/').next()?;
    // The registered handlers are asked here.
    match first {
        "$aws" => {
            let cause = "reserved topic: nothing here serves it yet";
            Some(Refusal::publish(topic, reason::NOT_AUTHORIZED, cause))
        }
        "$SYS" => {
            let cause = "reserved topic: nobody but the server publishes to $SYS";
            Some(Refusal::publish(topic, reason::TOPIC_NAME_INVALID, cause))
        }
        "$share" => {
            let cause = "reserved topic: $share begins filters of shared subscriptions only";
            Some(Refusal::publish(topic, reason::TOPIC_NAME_INVALID, cause))
        }
        _ if retain => {
            let cause = "nothing is retained on a $ topic";
            Some(Refusal::publish(topic, reason::TOPIC_NAME_INVALID, cause))
        }
        _ => None,
    }
}
