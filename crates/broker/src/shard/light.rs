// SPDX-License-Identifier: Apache-2.0
//! Who sends little: is read on while others must wait for the Log or another shard, so that a device
//! is not held up by others' floods.

use std::time::Duration;

use hw_session::{Now, Slot};

use super::ShardState;

/// What a connection has sent is counted anew that often.
const WINDOW: Duration = Duration::from_millis(100);

/// Who has sent less in it sends little: 320 KB a second.
const LIGHT_BYTES: u32 = 32 << 10;

/// The window that is counted in.
#[derive(Debug, Default)]
pub(super) struct Window {
    number: u32,
    from: Duration,
}

/// What a connection has sent in a window.
#[derive(Debug, Default)]
pub(super) struct Sent {
    window: u32,
    bytes: u32,
}

impl Window {
    /// Another one begins, if it is time.
    pub fn turn(&mut self, now: Now) {
        if now.monotonic.saturating_sub(self.from) >= WINDOW {
            self.number = self.number.wrapping_add(1);
            self.from = now.monotonic;
        }
    }
}

impl Sent {
    /// Counts some more.
    pub fn add(&mut self, window: &Window, bytes: usize) {
        if self.window != window.number {
            (self.window, self.bytes) = (window.number, 0);
        }
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// Whether it is little.
    pub fn is_light(&self, window: &Window) -> bool {
        self.window != window.number || self.bytes < LIGHT_BYTES
    }
}

impl ShardState {
    pub(super) fn is_light(&self, slot: Slot) -> bool {
        let place = self.connections.get(slot.index as usize);
        let connection = place.and_then(Option::as_ref);
        connection.is_some_and(|it| it.sent.is_light(&self.window))
    }
}

#[cfg(test)]
mod tests {
    use hw_model::Timestamp;

    use super::*;

    #[test]
    fn little_is_what_came_in_this_window() {
        let (mut window, mut sent) = (Window::default(), Sent::default());
        let at = |millis| Now {
            wall: Timestamp(0),
            monotonic: Duration::from_millis(millis),
        };
        window.turn(at(1_000));
        assert!(sent.is_light(&window));
        sent.add(&window, 30_000);
        assert!(sent.is_light(&window));
        sent.add(&window, 30_000);
        window.turn(at(1_099));
        assert!(!sent.is_light(&window));
        window.turn(at(1_100));
        assert!(sent.is_light(&window), "another begins");
        sent.add(&window, usize::MAX);
        sent.add(&window, usize::MAX);
        assert!(!sent.is_light(&window));
    }
}
