// SPDX-License-Identifier: Apache-2.0
//! One file per endpoint. A new one is a file here and a line in the router.

pub(crate) mod explain;
pub(crate) mod flush;
pub(crate) mod keys;
pub(crate) mod links;
pub(crate) mod lost;
pub(crate) mod open;
pub(crate) mod page;
pub(crate) mod session;
pub(crate) mod sql;
pub(crate) mod status;
pub(crate) mod stream;
