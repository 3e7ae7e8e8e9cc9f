// SPDX-License-Identifier: Apache-2.0
//! The broker: shards that run the MQTT machine over sockets, the subscription trees they share,
//! and the way of a message into the Log.
//!
//! A door hands a connection over with [`Broker::adopt`]; from then on its home shard owns it. It
//! must not know doors, certificates' storage, tables or reserved topics.
//!
//! # A turn
//! `shard` is the loop: events and inboxes in, one read for each connection, one write for each
//! that is dirty, one batch for each other shard. A shard's state sits behind the mutex of its
//! `lane`, which its thread holds for a turn: a sender with few deliveries for a sleeping shard
//! runs that turn itself.

mod broker;
mod checkpoint;
mod clients;
mod config;
mod handover;
mod host;
mod ingest;
mod journal;
mod keep;
mod lane;
pub mod linger;
mod metrics;
mod numbers;
mod pool;
mod principals;
mod reading;
mod rebuild;
mod recall;
mod retained;
mod ring;
mod routes;
mod shard;
mod shared;
mod status;
mod stored;
mod taps;
pub mod tls;
mod wants;
pub mod websocket;

pub use broker::{Broker, Deps, StartError};
pub use checkpoint::CheckpointMarks;
pub use config::{BrokerConfig, Limits};
pub use handover::Handover;
pub use hw_session::Limits as SessionLimits;
pub use keep::Keep;
pub use status::{BrokerStatus, Counters, LoopCounters, ShardStatus};
