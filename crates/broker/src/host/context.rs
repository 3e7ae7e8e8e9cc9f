// SPDX-License-Identifier: Apache-2.0
//! What policies may ask of a connection, from its principal and its CONNECT.

use hw_policy::Context;

use super::arns::Arns;
use super::auth::Auth;

/// The context of a connection's policies.
pub fn context(auth: &Auth, arns: &Arns) -> Context {
    let asked = auth.asked.as_ref();
    let will_topic = asked.and_then(|asked| asked.will_topic.as_deref());
    let persistent = asked.is_some_and(|asked| asked.persistent);
    let attributes = [
        persistent.then_some("PersistentConnect"),
        will_topic.map(|_| "LastWill"),
    ];
    Context {
        source_ip: Some(auth.peer.to_string()),
        connect_attributes: attributes
            .into_iter()
            .flatten()
            .map(str::to_owned)
            .collect(),
        last_will_topic: will_topic.map(|topic| format!("{}{topic}", arns.topic)),
        domain_name: auth.server_name.as_deref().map(str::to_owned),
        // No client id: no MQTT client.
        ..auth
            .principal
            .policy_context(Some(&*auth.client_id).filter(|id| !id.is_empty()))
    }
}
