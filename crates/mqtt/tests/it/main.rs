// SPDX-License-Identifier: Apache-2.0
//! The codec from outside: examples of the standard, cuts, round trips, arbitrary bytes.

mod arbitrary;
mod bad_input;
mod connect;
mod packets;
mod publish;
mod round_trip;
mod spec_examples;
mod truncation;
