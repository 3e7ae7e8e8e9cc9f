// SPDX-License-Identifier: Apache-2.0
//! The doors: listeners, TLS, who is let in. What comes through is the broker's and the faces'
//! matter.

pub mod http_door;
mod introduce;
pub mod mqtt_door;
pub mod proxy;
pub mod tls;
