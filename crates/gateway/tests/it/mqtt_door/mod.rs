// SPDX-License-Identifier: Apache-2.0
//! MQTT doors: mutual TLS, refusals with their events, half-open connections.

#[path = "../../../../broker/tests/it/client.rs"]
#[allow(dead_code, reason = "shared with the broker's own tests")]
mod client;
#[path = "../../../../broker/tests/it/fakes.rs"]
#[allow(dead_code, reason = "shared with the broker's own tests")]
mod fakes;
mod house;
mod pki;

mod half_open;
mod plain;
mod refusals;
mod sealed;
