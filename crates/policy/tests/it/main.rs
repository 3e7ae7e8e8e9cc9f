// SPDX-License-Identifier: Apache-2.0
//! The policy language from outside: cases as data, and properties against independent oracles.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

mod ahead;
mod cases;
mod fuzz;
mod malformed;
mod oracle;
mod patterns;
mod random;
mod resolved;
