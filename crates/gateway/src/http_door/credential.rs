// SPDX-License-Identifier: Apache-2.0
//! How a request that asks for a WebSocket may prove who sends it.

use axum::http::request::Parts;
use hw_kernel::Refusal;
use hw_kernel::admission::{Authorized, Peer};

/// One kind of proof: a signed URL, a session's cookie. Implemented where the kind is known.
#[async_trait::async_trait]
pub trait Credential: Send + Sync {
    /// Who it is; `None` if the request carries none of this kind.
    async fn prove(&self, parts: &Parts, peer: &Peer) -> Result<Option<Authorized>, Refusal>;
}
