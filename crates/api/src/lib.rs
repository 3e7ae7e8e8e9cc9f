// SPDX-License-Identifier: Apache-2.0
//! The people's face: the HTTP API under `/api/v1`, people's sessions, and one plain page.
//!
//! It translates and nothing more: what endpoints do lives in `identity`, `query`, the broker's
//! live tap and the ports defined in [`deps`]. It must not know listeners, TLS or the AWS APIs.

mod auth;
pub mod deps;
mod endpoint;
mod error;
mod explain;
mod headers;
mod input;
mod limits;
mod router;

pub use auth::Access;
pub use deps::{ApiDeps, ApiState, LakeFlush, StatusSource};
pub use explain::Explainer;
pub use limits::ApiLimits;
pub use router::router;
