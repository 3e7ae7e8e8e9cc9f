// SPDX-License-Identifier: Apache-2.0
//! The broker over real sockets, with a log that completes when a test says so and principals that
//! change when a test says so. Doors are left out: their half is told by hand.

mod client;
mod fakes;
mod house;
mod lasting;
mod late_answers;
mod matrix;

mod durable;
mod fan_out;
mod presence;
mod pressure;
mod recall;
mod refusals;
mod stale;
mod takeover;
mod taps;
