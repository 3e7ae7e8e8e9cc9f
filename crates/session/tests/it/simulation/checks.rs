// SPDX-License-Identifier: Apache-2.0
//! What must be true when everything has arrived.

use std::collections::HashSet;

use hw_session::Lost;

use super::Simulation;

impl Simulation {
    pub fn check_end(&mut self) {
        self.check_witnesses();
        for actor in self.actors.iter().filter(|actor| !actor.client.closed) {
            assert!(
                actor.owed.is_empty(),
                "{} is owed {:?}",
                actor.name,
                actor.owed
            );
            let once: HashSet<_> = actor.got.iter().collect();
            assert_eq!(once.len(), actor.got.len(), "{} got one twice", actor.name);
        }
        for actor in self.actors.iter_mut().filter(|actor| !actor.client.closed) {
            self.bench.lose(&mut actor.client, Lost::ByPeer);
        }
        assert!(self.bench.world.tree.is_empty());
        for shard in &self.bench.shards {
            let counters = shard.counters();
            let left = counters.connections + counters.subscriptions;
            assert_eq!((left, counters.acknowledgements_waiting), (0, 0));
        }
    }

    /// Who reads and acknowledges gets everything at QoS 1 once, and nothing else. A burst can
    /// fill its small buffer: then QoS 0 may be dropped.
    fn check_witnesses(&self) {
        let accepted: HashSet<_> = self.accepted.iter().map(|(payload, _)| payload).collect();
        for actor in self.actors.iter().filter(|actor| actor.witness) {
            assert!(!actor.client.closed, "{} was cut", actor.name);
            let got: HashSet<_> = actor.got.iter().collect();
            assert!(got.is_subset(&accepted) && got.len() == actor.got.len());
            for (payload, _) in self.accepted.iter().filter(|(_, qos)| *qos == 1) {
                assert!(got.contains(payload), "{} misses {payload}", actor.name);
            }
        }
    }
}
