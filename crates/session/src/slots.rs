// SPDX-License-Identifier: Apache-2.0
//! The table of connections. A place is used again; its generation is not.

use slab::Slab;

use crate::Slot;
use crate::connection::Connection;

/// The connections of a shard.
pub(crate) struct Slots<A> {
    table: Slab<Connection<A>>,
    generation: u32,
}

impl<A> Slots<A> {
    pub(crate) fn new() -> Self {
        Self {
            table: Slab::new(),
            generation: 0,
        }
    }

    /// Puts in what `make` makes for its slot.
    pub(crate) fn insert(&mut self, make: impl FnOnce(Slot) -> Connection<A>) -> Slot {
        self.generation = self.generation.wrapping_add(1);
        let entry = self.table.vacant_entry();
        let slot = Slot {
            index: entry.key() as u32,
            generation: self.generation,
        };
        entry.insert(make(slot));
        slot
    }

    #[inline]
    pub(crate) fn get(&self, slot: Slot) -> Option<&Connection<A>> {
        self.table
            .get(slot.index as usize)
            .filter(|found| found.slot == slot)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, slot: Slot) -> Option<&mut Connection<A>> {
        self.table
            .get_mut(slot.index as usize)
            .filter(|found| found.slot == slot)
    }

    /// One that is neither gone nor closing.
    #[inline]
    pub(crate) fn live_mut(&mut self, slot: Slot) -> Option<&mut Connection<A>> {
        self.get_mut(slot).filter(|found| found.is_live())
    }

    pub(crate) fn remove(&mut self, slot: Slot) -> Option<Connection<A>> {
        self.get(slot)?;
        self.table.try_remove(slot.index as usize)
    }

    /// All, with those that are closing.
    pub(crate) fn all(&self, out: &mut Vec<Slot>) {
        out.extend(self.table.iter().map(|(_, found)| found.slot));
    }

    /// All that are live, as they are now.
    pub(crate) fn live(&self, out: &mut Vec<Slot>) {
        let live = self.table.iter().filter(|(_, found)| found.is_live());
        out.extend(live.map(|(_, found)| found.slot));
    }
}
