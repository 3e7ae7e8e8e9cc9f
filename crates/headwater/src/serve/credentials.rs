// SPDX-License-Identifier: Apache-2.0
//! What opens MQTT over WebSocket before a CONNECT is read: a signed URL, a key or session of
//! people's. Each kind is known to its own face; here they meet the door.

use std::sync::Arc;

use async_trait::async_trait;
use http::request::Parts;
use hw_api::ApiDeps;
use hw_aws::AwsDeps;
use hw_gateway::http_door::Credential;
use hw_identity::{Directory, named};
use hw_kernel::Refusal;
use hw_kernel::admission::{Authorized, Peer};

/// Signed as AWS's SDKs do it.
pub(super) struct SignedUrl {
    pub aws: Arc<AwsDeps>,
    pub directory: Arc<Directory>,
}

#[async_trait]
impl Credential for SignedUrl {
    async fn prove(&self, parts: &Parts, _peer: &Peer) -> Result<Option<Authorized>, Refusal> {
        let Some(caller) = hw_aws::of_signed_url(&self.aws, parts).await? else {
            return Ok(None);
        };
        let named = named::of_access_key(&caller.access_key_id);
        let principal = self.directory.named(caller.account, &named).await?;
        Ok(Some(Authorized {
            principal,
            span_max: Some(hw_aws::SIGNED_SPAN_MAX),
        }))
    }
}

/// An API key, or the cookie of our own page.
pub(super) struct PeoplesKey {
    pub api: Arc<ApiDeps>,
    pub directory: Arc<Directory>,
}

#[async_trait]
impl Credential for PeoplesKey {
    async fn prove(&self, parts: &Parts, peer: &Peer) -> Result<Option<Authorized>, Refusal> {
        let Some(found) = hw_api::of_upgrade(&self.api, peer.tls, parts).await? else {
            return Ok(None);
        };
        let principal = self.directory.named(found.account, &found.named).await?;
        Ok(Some(Authorized {
            principal,
            span_max: found.span_max,
        }))
    }
}
