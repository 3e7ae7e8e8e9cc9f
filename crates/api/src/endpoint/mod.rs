// SPDX-License-Identifier: Apache-2.0
//! One file per group of endpoints. A new one is a file here and a line in the router.

pub(crate) mod accounts;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod flush;
pub(crate) mod health;
pub(crate) mod keys;
pub(crate) mod links;
pub(crate) mod lost;
pub(crate) mod messages;
pub(crate) mod mqtt_users;
pub(crate) mod open;
pub(crate) mod openapi;
pub(crate) mod page;
pub(crate) mod password;
pub(crate) mod series;
pub(crate) mod session;
pub(crate) mod sessions;
pub(crate) mod setup;
pub(crate) mod sql;
pub(crate) mod status;
pub(crate) mod stream;
pub(crate) mod things;
pub(crate) mod users;
pub(crate) mod workers;
