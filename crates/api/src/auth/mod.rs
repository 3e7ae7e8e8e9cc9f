// SPDX-License-Identifier: Apache-2.0
//! Who calls: keys, sessions, one-time links, and the check that a browser means it.

mod caller;
mod cookie;
mod door;
mod links;
mod same_origin;
mod tokens;
mod upgrade;

pub(crate) use caller::{Admin, Caller, Operator, Owner, Person, Who, address};
pub use door::Access;
pub(crate) use door::Door;
pub(crate) use links::{Link, LinkPath, Links};
pub use upgrade::{Upgrading, of_upgrade};
