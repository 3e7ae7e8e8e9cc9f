// SPDX-License-Identifier: Apache-2.0
//! The MQTT session and shard state machine: bytes in, time, log completions → bytes out, appends,
//! batches to other shards. No I/O, no clock, no threads: the same machine runs under a simulator.
//!
//! # A turn, as a loop drives it
//! 1. Connections from the handshake pool: [`Shard::open`], then [`Shard::input`] with the bytes
//!    that came after the CONNECT. [`home_shard`] says which shard.
//! 2. Batches from other shards: [`Shard::forwarded`].
//! 3. What is readable: [`Shard::input`]; what it does not consume is the head of a packet (never
//!    more than `packet_bytes_max`) and is given again with more behind it.
//! 4. What the Log completed: [`Shard::durable`]; after a change of policies: [`Shard::refresh`].
//! 5. When its time has come: [`Shard::tick`].
//! 6. Then [`Shard::dirty`]: for each, write [`Output::unsent`] and say with [`Shard::sent`] how
//!    much went; where a socket is full, go on when it is writable. If [`Output::wants_close`]:
//!    close the socket and tell [`Shard::lost`] with [`Lost::Closed`].
//! 7. [`Shard::outbox`]: move each batch that is not empty to its shard.
//!
//! Beside turns, [`Shard::flight`] and [`Shard::glance`] tell what became of a message and how a
//! connection stands; [`Shard::each_client`] and [`Shard::kick`] are for those who run the server.
//!
//! However a socket ends, [`Shard::lost`] is told exactly once; only then is its slot free.

mod acks;
mod aliases;
mod attach;
mod aws_profile;
mod backlog;
mod bounds;
mod clients;
mod connack;
mod connect_rate;
mod connection;
mod consumed;
mod counters;
mod deliver;
mod encodings;
mod ending;
mod exactly;
mod flags;
mod flights;
mod forward;
mod found;
mod given_on;
mod glance;
mod held;
pub mod host;
mod inflight;
mod ingest;
mod input;
pub mod journal;
mod keep_alive;
mod last_topics;
mod life;
mod message;
mod names;
mod on_connect;
mod on_publish;
mod on_subscribe;
mod on_unsubscribe;
mod opening;
mod output;
mod owed;
mod owed_bound;
pub mod pace;
mod park;
mod placing;
mod presence;
mod principal_use;
mod pump;
mod queue;
mod refresh;
mod refusal;
mod reserved;
mod restore;
mod retained;
mod sessions;
mod settings;
mod shard;
mod shared;
mod short_topics;
mod slots;
mod takeover;
mod unanswered;
mod unreleased;
mod unwritten;
mod versions;
mod wheel;
mod will;

pub use clients::{Client, Held, Holding, Kicked, Tally};
pub use counters::Counters;
pub use flights::{Fate, Flight};
pub use forward::Forward;
pub use glance::Glance;
pub use host::{Ahead, Appended, ConnectFacts, Happening, Host, Inbound, Lasting, Noted};
pub use host::{Subscriber, Ticket, Verdict};
pub use ingest::{Injected, NotTaken, Taken};
pub use life::{Life, Moment, Parting, SessionIdentifier};
pub use opening::{KeepFailure, Lost, Opening, Slot, home_shard};
pub use output::{Close, Output};
pub use principal_use::PrincipalUse;
pub use retained::Retained;
pub use settings::{Limits, Now, PrincipalLimits, Quirks, Settings};
pub use shard::Shard;
