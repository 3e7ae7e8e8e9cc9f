// SPDX-License-Identifier: Apache-2.0
//! The AWS APIs, as unmodified SDKs speak them: one endpoint, services told apart by signature
//! scope and path, one file per operation.
//!
//! It translates and nothing more: what operations do lives in `identity` and `fleet`.

pub mod caller;
pub mod coverage;
mod data;
pub mod door;
pub mod error;
pub mod input;
mod iot;
pub mod model;
pub mod operation;
pub mod output;
mod paging;
pub mod route;
mod signed_url;
mod sts;
mod xml;

use std::sync::Arc;

use hw_fleet::Fleet;
use hw_identity::authority::Authority;
use hw_identity::authorizers::AuthorizerDoor;
use hw_identity::{Directory, Identity};
use hw_kernel::{Clock, EventSink, Ingest, RetainedStore};

pub use door::router;
pub use operation::Operation;
pub use signed_url::{SIGNED_SPAN_MAX, of_signed_url};

/// What operations work with.
pub struct AwsDeps {
    /// Certificates, policies, keys.
    pub identity: Identity,
    /// Signs device certificates.
    pub authority: Authority,
    /// Things.
    pub fleet: Fleet,
    /// Who a certificate or key is, and what it may.
    pub directory: Arc<Directory>,
    /// Asks authorizers.
    pub authorizers: AuthorizerDoor,
    /// Takes messages in.
    pub ingest: Arc<dyn Ingest>,
    /// What is retained.
    pub retained: Arc<dyn RetainedStore>,
    /// Most bytes of a published payload.
    pub payload_bytes_max: usize,
    /// Server time.
    pub clock: Arc<dyn Clock>,
    /// Where refused signatures are written down.
    pub events: Arc<dyn EventSink>,
    /// What devices call this server: a bare host, as DescribeEndpoint answers it.
    pub public_host: String,
}

/// Every operation that works. A new one is a file beside its sisters, its `mod` and a line in its
/// service's list.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    let all = [iot::OPERATIONS, data::OPERATIONS, sts::OPERATIONS];
    all.into_iter().flatten().copied()
}
