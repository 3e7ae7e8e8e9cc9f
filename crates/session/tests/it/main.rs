// SPDX-License-Identifier: Apache-2.0
//! The session machine from outside: every rule in both versions, against a naive tree.

#![allow(
    clippy::unwrap_used,
    reason = "the helpers of tests may fail as tests do"
)]

mod bench;
mod journal;
mod world;

mod acknowledging;
mod aws_profile;
mod clients;
mod connecting;
mod crashes;
mod delivering;
mod ending;
mod exactly_once;
mod flights;
mod garbage;
mod lasting;
mod lasting_bounds;
mod lasting_exactly;
mod lasting_retained;
mod lifetimes;
mod permissions;
mod presence;
mod principal_limits;
mod publishing;
mod retaining;
mod sharing;
mod simulation;
mod slow_receivers;
mod splitting;
mod subscribing;
mod unreleased;
mod wills;
