// SPDX-License-Identifier: Apache-2.0
//! Memory of one session, within the memory of all.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::execution::memory_pool::{
    GreedyMemoryPool, MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation,
};

/// Grants what both the session and the whole have left.
#[derive(Debug)]
pub(crate) struct SessionPool {
    own: GreedyMemoryPool,
    total: Arc<dyn MemoryPool>,
}

impl SessionPool {
    pub(crate) fn new(bytes_max: usize, total: Arc<dyn MemoryPool>) -> Self {
        Self {
            own: GreedyMemoryPool::new(bytes_max),
            total,
        }
    }
}

impl MemoryPool for SessionPool {
    fn register(&self, consumer: &MemoryConsumer) {
        self.total.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.total.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.own.grow(reservation, additional);
        self.total.grow(reservation, additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.own.shrink(reservation, shrink);
        self.total.shrink(reservation, shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        self.own.try_grow(reservation, additional)?;
        self.total
            .try_grow(reservation, additional)
            .inspect_err(|_| self.own.shrink(reservation, additional))
    }

    fn reserved(&self) -> usize {
        self.own.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        self.own.memory_limit()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_limits_hold_and_a_refusal_leaves_nothing_behind() {
        let total: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(150));
        let first: Arc<dyn MemoryPool> = Arc::new(SessionPool::new(100, Arc::clone(&total)));
        let second: Arc<dyn MemoryPool> = Arc::new(SessionPool::new(100, Arc::clone(&total)));

        let a = MemoryConsumer::new("a").register(&first);
        let b = MemoryConsumer::new("b").register(&second);
        assert!(a.try_grow(101).is_err(), "its own limit");
        a.try_grow(90).expect("within both");
        assert!(b.try_grow(90).is_err(), "the common limit");
        assert_eq!((second.reserved(), total.reserved()), (0, 90));
        drop(a);
        assert_eq!((first.reserved(), total.reserved()), (0, 0));
        b.try_grow(90).expect("free again");
    }
}
