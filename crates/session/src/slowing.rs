// SPDX-License-Identifier: Apache-2.0
//! Slowing down those who send most, while the Log is nearly full: what it can take in is shared out
//! among those who publish, so that a device that says little is not held up by others' floods.

use std::time::Duration;

use crate::{Host, Now, Shard, Slot};

/// Those who publish are counted anew that often.
const WINDOW: Duration = Duration::from_millis(100);

/// How much of its share a connection may send at once, in time.
const BURST: Duration = Duration::from_millis(20);

/// Longest time that a connection is not looked at: its share may have grown.
const REST_MAX: Duration = Duration::from_millis(100);

/// What a connection may always send in a second, in bytes.
const SHARE_MIN: u64 = 1_000;

/// How much each connection may send.
#[derive(Debug, Default)]
pub(crate) struct Slowing {
    /// Bytes a second, of a connection; `None`: any number.
    each: Option<u32>,
    window: u32,
    window_from: Duration,
    /// Who has sent in this window, and in the one before.
    senders: u64,
    senders_before: u64,
}

/// What a connection has sent since the Log is nearly full.
#[derive(Debug, Default)]
pub(crate) struct Slowed {
    /// When nothing of its share is used.
    until: Duration,
    /// The last window in which it sent.
    window: u32,
}

impl<H: Host> Shard<H> {
    /// Says how many bytes a second this shard is to take in; `None`: any number.
    pub fn slow_down(&mut self, now: Now, bytes_per_second: Option<u64>) {
        let slowing = &mut self.slowing;
        let Some(all) = bytes_per_second else {
            slowing.each = None;
            return;
        };
        if now.monotonic.saturating_sub(slowing.window_from) >= WINDOW {
            slowing.window = slowing.window.wrapping_add(1);
            slowing.window_from = now.monotonic;
            slowing.senders_before = std::mem::take(&mut slowing.senders);
        }
        let senders = slowing.senders.max(slowing.senders_before).max(1);
        let each = (all / senders).max(SHARE_MIN);
        slowing.each = Some(u32::try_from(each).unwrap_or(u32::MAX));
    }

    /// Whether it is slowed down.
    #[inline]
    pub(crate) fn is_slowed(&self) -> bool {
        self.slowing.each.is_some()
    }

    /// Counts what a connection has sent, if it publishes.
    #[cold]
    pub(crate) fn charge_share(&mut self, now: Now, slot: Slot, bytes: usize) {
        let Some(each) = self.slowing.each else {
            return;
        };
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        if !connection.may_publish() {
            return;
        }
        let slowed = &mut connection.rare().slowed;
        if slowed.window != self.slowing.window {
            slowed.window = self.slowing.window;
            self.slowing.senders += 1;
        }
        let takes = Duration::from_secs_f64(bytes as f64 / f64::from(each));
        let until = slowed.until.max(now.monotonic).saturating_add(takes);
        slowed.until = until.min(now.monotonic + BURST + REST_MAX);
    }

    /// Until when a connection is not to be read, because it has sent more than its share.
    pub(crate) fn rests_for_others(&self, now: Now, slot: Slot) -> Option<Duration> {
        self.slowing.each?;
        let rare = self.connections.get(slot)?.rare.as_ref()?;
        let until = rare.slowed.until.checked_sub(BURST)?;
        (until > now.monotonic).then_some(until)
    }
}
