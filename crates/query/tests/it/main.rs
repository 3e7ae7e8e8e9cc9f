// SPDX-License-Identifier: Apache-2.0
//! The crate from outside, over fakes of its ports: one binary, because linking the engine costs.

mod escape;
mod fake;
mod isolation;
mod limits;
mod overflow;
mod psql;
mod reading;
mod runs;
mod server;
mod strangers;
mod time;
mod wire;
