// SPDX-License-Identifier: Apache-2.0
//! Writing before the end of a turn: when few connections have something to read, what each of them
//! causes leaves before the next is read, so that no message waits for those that came with it. A
//! message leaves before its publisher is told that it came: a system call is a tenth of its way.
//! A receiver that would be written to twice in a turn so gets one write for all again, for a while.

use hw_session::{Now, Slot};

use super::ShardState;
use crate::shared::Shared;

/// With more to read than that, the turn is about how much, not how soon.
const READ_MAX: usize = 16;
/// What goes to more receivers than that is written in one go.
const WRITTEN_MAX: usize = 4;
/// Turns without it after one in which it took a write more.
const REST_TURNS: u64 = 256;

/// What is known of it in this turn, and until when there is none of it.
#[derive(Debug, Default)]
pub(super) struct Prompt {
    written: Vec<Slot>,
    from_turn: u64,
}

impl Prompt {
    /// Notes who is written to in that turn. Who is so again ends it for a while.
    fn write(&mut self, slot: Slot, turn: u64) {
        if self.written.contains(&slot) {
            self.from_turn = turn + REST_TURNS;
        } else {
            self.written.push(slot);
        }
    }
}

impl ShardState {
    /// Whether to write after each of so many reads.
    pub(super) fn begin_prompt(&mut self, reads: usize) -> bool {
        self.prompt.written.clear();
        (1..=READ_MAX).contains(&reads) && self.prompt.from_turn <= self.loops.turns
    }

    /// Writes what the last read, that of `read`, has caused, to itself at last. Says whether to go on
    /// so in this turn.
    pub(super) fn write_promptly(&mut self, read: Slot, shared: &Shared, now: Now) -> bool {
        // The answer to a subscription leaves when all shards know of it.
        if self.machine.dirty_count() > WRITTEN_MAX || self.host.routes.has_changes() {
            return false;
        }
        let mut dirty = std::mem::take(&mut self.dirty);
        self.machine.dirty(&mut dirty);
        dirty.sort_by_key(|slot| *slot == read);
        for slot in dirty.drain(..) {
            self.prompt.write(slot, self.loops.turns);
            self.flush(slot, shared.limits.sealed_bytes_max, now);
        }
        self.dirty = dirty;
        self.prompt.from_turn <= self.loops.turns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(index: u32) -> Slot {
        Slot {
            index,
            generation: 1,
        }
    }

    #[test]
    fn who_is_written_to_twice_ends_it_for_a_while() {
        let mut prompt = Prompt::default();
        prompt.write(slot(1), 7);
        prompt.write(slot(2), 7);
        assert_eq!(prompt.from_turn, 0);
        prompt.write(slot(1), 7);
        assert_eq!(prompt.from_turn, 7 + REST_TURNS);
    }
}
