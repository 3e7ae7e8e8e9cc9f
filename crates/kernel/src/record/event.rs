// SPDX-License-Identifier: Apache-2.0
//! An event in the Log (stream [`crate::port::log::Stream::EVENTS`]): a version byte, then JSON.
//! Events are rare, and their fields grow; JSON lets an older reader pass over a new one.

use crate::event::Event;

const VERSION: u8 = 1;

/// The body is not an event that this release reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an event record can't be read: {0}")]
pub struct BadEvent(String);

/// Appends the body of an event record.
pub fn encode(event: &Event, out: &mut Vec<u8>) {
    out.push(VERSION);
    serde_json::to_writer(out, event).expect("an event is plain text and numbers");
}

/// Reads the body of an event record.
pub fn decode(body: &[u8]) -> Result<Event, BadEvent> {
    match body.split_first() {
        Some((&VERSION, json)) => {
            serde_json::from_slice(json).map_err(|error| BadEvent(error.to_string()))
        }
        Some((version, _)) => Err(BadEvent(format!("version {version}"))),
        None => Err(BadEvent("it is empty".into())),
    }
}
