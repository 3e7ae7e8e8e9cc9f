// SPDX-License-Identifier: Apache-2.0
//! A connection's identity as its shard holds it: who, from where, and its place among the
//! resolved policy sets.

use std::net::IpAddr;
use std::sync::Arc;

use hw_kernel::Principal;
use hw_model::Timestamp;

use super::decisions::SetHandle;

/// One connection's.
pub struct Auth {
    /// Who it is, as last looked up.
    pub principal: Arc<Principal>,
    /// Its client id.
    pub client_id: Box<str>,
    /// Where it connects from.
    pub peer: IpAddr,
    /// The server name it asked for.
    pub server_name: Option<Arc<str>>,
    /// When it was accepted.
    pub since: Timestamp,
    /// When its policies were last resolved.
    pub policies_since: Timestamp,
    /// What its CONNECT asked for that policies can see; set by the first check.
    pub asked: Option<Asked>,
    /// Its resolved policies; `None` until its first check, and nothing is allowed till then.
    pub set: Option<SetHandle>,
}

/// What a CONNECT asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// A session that outlives the connection.
    pub persistent: bool,
    /// A will on that topic.
    pub will_topic: Option<Box<str>>,
}

impl Auth {
    /// Of a connection that was not checked yet.
    pub fn new(
        principal: Arc<Principal>,
        client_id: Box<str>,
        peer: IpAddr,
        server_name: Option<Arc<str>>,
    ) -> Self {
        let peer = peer.to_canonical();
        Self {
            principal,
            client_id,
            peer,
            server_name,
            since: Timestamp::default(),
            policies_since: Timestamp::default(),
            asked: None,
            set: None,
        }
    }

    /// The name of the connection's thing.
    pub fn thing_name(&self) -> Option<&str> {
        self.principal
            .thing_for(&self.client_id)
            .map(|thing| thing.name.as_str())
    }
}
