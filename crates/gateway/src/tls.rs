// SPDX-License-Identifier: Apache-2.0
//! TLS of every door: the server's certificates and who sees which, client certificates that the registry knows,
//! no resumption, and what a client said in its hello.

mod at_hand;
mod config;
mod https;
mod identity;
mod in_registry;
mod proof;
mod validity;
mod wish;

pub(crate) use at_hand::{Found, SharedAtHand};
pub(crate) use config::mqtt_config;
pub use https::HttpsTls;
pub(crate) use identity::provider;
pub use identity::{BadIdentity, ServerIdentity};
pub(crate) use wish::{Hello, Wish};
