// SPDX-License-Identifier: Apache-2.0
//! The doors over real sockets, with real certificates.

mod http_door;
mod mqtt_door;
