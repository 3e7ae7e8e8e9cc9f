// SPDX-License-Identifier: Apache-2.0
//! The people's face: the HTTP API under `/api/v1`, people's sessions, and the console.
//!
//! It translates and nothing more: what endpoints do lives in `identity`, `fleet`, `query`, the broker's
//! live tap and the ports defined in [`deps`]. It must not know listeners, TLS or the AWS APIs.

mod auth;
mod by_thing;
mod columns;
mod csv;
pub mod deps;
mod described;
pub mod document;
mod endpoint;
mod error;
mod explain;
mod headers;
mod input;
mod last_values;
mod limits;
mod look;
mod moment;
mod newest;
mod pairs;
mod payload;
mod place;
mod reach;
mod router;
mod routes;
mod series;
mod shape;
mod site;
mod turn;
mod units;

pub use auth::{Access, Upgrading, of_upgrade};
pub use deps::{ApiDeps, ApiState, LakeFlush, Plug, StatusSource};
pub use explain::Explainer;
pub use limits::ApiLimits;
pub use reach::{PublicCertificate, Reach, ReachSource};
pub use router::router;
