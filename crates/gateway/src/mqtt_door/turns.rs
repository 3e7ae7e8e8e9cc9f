// SPDX-License-Identifier: Apache-2.0
//! How many connections a door accepts before it sees to those that are open.

/// Connections accepted before those that are open get their turn again.
const ACCEPTS_PER_TURN_MAX: usize = 64;

/// The same while the door is behind with those that are open: they come first, or a thousand
/// devices that are back at once would all be half through when the first gives up.
const ACCEPTS_PER_BUSY_TURN_MAX: usize = 8;

/// Events in a turn from which a door counts as behind.
const BUSY_EVENTS: usize = 64;

/// Connections that may be accepted in a turn which has so much else to do.
pub fn accepts_per_turn_max(events: usize) -> usize {
    if events < BUSY_EVENTS {
        ACCEPTS_PER_TURN_MAX
    } else {
        ACCEPTS_PER_BUSY_TURN_MAX
    }
}
