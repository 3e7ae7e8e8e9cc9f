// SPDX-License-Identifier: Apache-2.0
//! Topics that begin with `$`: they are the server's, and devices publish to few of them.

use hw_mqtt::reason;

use crate::refusal::Refusal;

/// Why nobody may publish to a topic, once its policy allowed it.
///
/// `$aws/…` topics are requests to handlers (shadows, jobs, provisioning, basic ingest). Where none
/// is registered the request can't be served, and it ends the connection as a denied one does, as
/// AWS does with misuse of them. Other `$` topics are not for publishers at all.
pub(crate) fn refuse(topic: &str) -> Option<Refusal> {
    if !topic.starts_with('$') {
        return None;
    }
    // The registered handlers are asked here.
    Some(if topic.starts_with("$aws/") {
        let cause = "reserved topic: nothing here serves it yet";
        Refusal::publish(topic, reason::NOT_AUTHORIZED, cause)
    } else {
        let cause = "reserved topic: names that begin with $ are the server's";
        Refusal::publish(topic, reason::TOPIC_NAME_INVALID, cause)
    })
}
