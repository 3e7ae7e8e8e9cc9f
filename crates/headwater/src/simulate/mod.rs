// SPDX-License-Identifier: Apache-2.0
//! Virtual devices that behave as real ones do: a certificate each, MQTT over mutual TLS, QoS 1,
//! patience when the server is away.
//!
//! The way of a reading: [`flows`] gives each meter its minutes, `payload` writes one as the real
//! device does, `meter` sends it when its time has come and keeps it until it is acknowledged.

mod backoff;
mod climate;
mod daiad;
pub mod device_date;
mod fleet;
pub mod flows;
pub mod identities;
mod made;
mod meter;
mod meter_number;
mod minutes;
mod mqtt_client;
pub mod one_device;
mod pace;
mod payload;
mod policy;
pub mod random;
pub mod register;
pub mod tally;
mod trust;

pub use fleet::{Fleet, Plan};
pub use flows::{Flows, Input, InputError};
pub use identities::Identity;
pub use meter_number::imei;
pub use mqtt_client::MqttError;
pub use register::{RegisterError, Registrar};
pub use tally::{Notice, Tally};
pub use trust::config as device_tls;
