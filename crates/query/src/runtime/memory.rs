// SPDX-License-Identifier: Apache-2.0
//! Memory of one statement, within that of its session, within that of all.
//!
//! A session and the whole grant as long as there is room. A statement shares its part fairly
//! between those operators that can spill, so that a sort below a join leaves the join something.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::execution::memory_pool::{
    FairSpillPool, GreedyMemoryPool, MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation,
};

/// Grants what both its own part and the outer pool have left.
#[derive(Debug)]
pub(crate) struct Nested<P> {
    own: P,
    outer: Arc<dyn MemoryPool>,
}

/// The memory of a statement.
pub(crate) type StatementPool = Nested<FairSpillPool>;

impl StatementPool {
    pub(crate) fn new(bytes_max: usize, session: Arc<dyn MemoryPool>) -> Self {
        Self {
            own: FairSpillPool::new(bytes_max),
            outer: session,
        }
    }
}

/// The memory of a session.
pub(crate) fn session(bytes_max: usize, total: Arc<dyn MemoryPool>) -> Nested<GreedyMemoryPool> {
    Nested {
        own: GreedyMemoryPool::new(bytes_max),
        outer: total,
    }
}

impl<P: MemoryPool> MemoryPool for Nested<P> {
    fn register(&self, consumer: &MemoryConsumer) {
        self.own.register(consumer);
        self.outer.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.own.unregister(consumer);
        self.outer.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.own.grow(reservation, additional);
        self.outer.grow(reservation, additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.own.shrink(reservation, shrink);
        self.outer.shrink(reservation, shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        self.own.try_grow(reservation, additional)?;
        self.outer
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
    fn all_limits_hold_and_a_refusal_leaves_nothing_behind() {
        let total: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(150));
        let first: Arc<dyn MemoryPool> = Arc::new(session(100, Arc::clone(&total)));
        let second: Arc<dyn MemoryPool> = Arc::new(session(100, Arc::clone(&total)));

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

    #[test]
    fn a_statement_shares_fairly_within_its_session() {
        let total: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(150));
        let whole: Arc<dyn MemoryPool> = Arc::new(session(120, Arc::clone(&total)));
        let one: Arc<dyn MemoryPool> = Arc::new(StatementPool::new(100, Arc::clone(&whole)));
        let sort = MemoryConsumer::new("sort")
            .with_can_spill(true)
            .register(&one);
        let join = MemoryConsumer::new("join")
            .with_can_spill(true)
            .register(&one);
        assert!(sort.try_grow(60).is_err(), "half is the other's");
        sort.try_grow(50).expect("its half");
        join.try_grow(50).expect("its half");
        assert_eq!(
            (one.reserved(), whole.reserved(), total.reserved()),
            (100, 100, 100)
        );
        drop((sort, join));
        assert_eq!(
            (one.reserved(), whole.reserved(), total.reserved()),
            (0, 0, 0)
        );
    }
}
