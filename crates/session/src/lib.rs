// SPDX-License-Identifier: Apache-2.0
//! The MQTT session and shard state machine: bytes in, time, log completions → bytes out, appends,
//! batches to other shards. No I/O, no clock, no threads: the same machine runs under a simulator.

pub mod host;
