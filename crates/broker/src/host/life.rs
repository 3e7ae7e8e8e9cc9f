// SPDX-License-Identifier: Apache-2.0
//! The messages about clients' lives, with the fields of AWS IoT, and who publishes them.
//!
//! Source: AWS IoT developer guide, `life-cycle-events`.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use hw_kernel::Principal;
use hw_kernel::admission::{NamedPrincipal, PrincipalId};
use hw_model::AccountId;
use hw_policy::PolicySet;
use hw_session::{Life, Moment, Parting};
use serde::Serialize;

use super::auth::Auth;

/// How the server is called where it publishes for itself.
const SERVER: &str = "server";

/// A message, its fields in AWS's order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    thing_name: Option<&'a str>,
    /// Milliseconds since 1970.
    timestamp: i64,
    event_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_initiated_disconnect: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connect_failure_reason: Option<&'static str>,
    session_identifier: String,
    principal_identifier: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disconnect_reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_number: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topics: Option<&'a [&'a str]>,
}

/// The payload of a message.
pub fn payload(auth: &Auth, life: &Life<'_>) -> Vec<u8> {
    let mut message = Message {
        client_id: life.client_id,
        thing_name: None,
        timestamp: life.time.0 / 1_000,
        event_type: life.what.event_type(),
        client_initiated_disconnect: None,
        connect_failure_reason: None,
        session_identifier: life.session.to_string(),
        principal_identifier: auth.principal.id.to_string(),
        ip_address: None,
        disconnect_reason: None,
        version_number: None,
        topics: None,
    };
    let exclusive = auth.principal.things.iter().find(|thing| thing.exclusive);
    let exclusive = exclusive.map(|thing| &*thing.name);
    match life.what {
        Moment::Connected { version } => {
            message.thing_name = exclusive;
            message.ip_address = Some(auth.peer.to_string());
            message.version_number = Some(version);
        }
        Moment::Disconnected { version, why } => {
            message.thing_name = exclusive;
            message.client_initiated_disconnect = Some(why == Parting::ClientInitiated);
            message.disconnect_reason = Some(reason(auth, why));
            message.version_number = Some(version);
        }
        Moment::ConnectFailed => {
            message.connect_failure_reason = Some("AUTHORIZATION_FAILED");
            message.ip_address = Some(auth.peer.to_string());
        }
        Moment::Subscribed(topics) | Moment::Unsubscribed(topics) => message.topics = Some(topics),
    }
    serde_json::to_vec(&message).expect("it has texts and numbers alone")
}

fn reason(auth: &Auth, why: Parting) -> &'static str {
    let by_authorizer = || auth.principal.id.to_string().starts_with("authorizer/");
    match why {
        Parting::ProofExpired if by_authorizer() => "CUSTOMAUTH_TTL_EXPIRATION",
        why => why.reason(),
    }
}

/// The server as it publishes in each account.
#[derive(Default)]
pub struct Servers(HashMap<AccountId, Arc<Principal>>);

impl Servers {
    /// In that account. Its policies allow nothing: it is never asked for them.
    pub fn of(&mut self, account: AccountId) -> Auth {
        let made = || {
            let named = NamedPrincipal {
                name: SERVER.into(),
                proof: "".into(),
            };
            Arc::new(Principal {
                account,
                id: PrincipalId::Named(named),
                policies: Arc::new(PolicySet::default()),
                things: Vec::new(),
                certificate: None,
                region: "".into(),
                stale: AtomicBool::new(false),
            })
        };
        let principal = self.0.entry(account).or_insert_with(made).clone();
        let nowhere = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        Auth::new(principal, "".into(), nowhere, None)
    }
}
