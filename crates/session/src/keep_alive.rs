// SPDX-License-Identifier: Apache-2.0
//! Time: keep-alive (cut at 1.5 times, MQTT-3.1.2-22) and connections that do not close.

use std::time::Duration;

use hw_mqtt::reason;

use crate::connection::{Connection, State};
use crate::refusal::Refusal;
use crate::{Close, Host, Now, Shard, Slot};

/// How long after a pause a connection has to be heard: what it sent meanwhile is read first.
const HEARING: Duration = Duration::from_secs(1);

impl<H: Host> Shard<H> {
    /// Does what is due. Returns how long nothing will be; `None`: nothing waits for time.
    pub fn tick(&mut self, host: &mut H, now: Now) -> Option<Duration> {
        self.parting_bytes = 0;
        self.count_owed(now);
        let strays_wait = self.give_strays_on(host, now).then_some(Duration::ZERO);
        let mut due = std::mem::take(&mut self.scratch.slots);
        self.wheel.advance(now.monotonic, &mut due);
        for slot in due.drain(..) {
            self.look_at(host, now, slot);
        }
        self.scratch.slots = due;
        let waits = [
            self.wheel.wait(now.monotonic),
            self.tick_sessions(host, now),
            self.write_consumed_when_due(host, now),
            self.write_unwritten(host, now),
            strays_wait,
        ];
        waits.into_iter().flatten().min()
    }

    /// Says that publishers are not read now: their keep-alive can't be judged.
    pub fn publishers_wait(&mut self, now: Now) {
        self.unheard_until = now.monotonic + HEARING;
    }

    /// Whether a connection is to wait while the Log is behind: it has published, or may be about to.
    pub fn may_publish(&self, slot: Slot) -> bool {
        self.connections
            .get(slot)
            .is_some_and(Connection::may_publish)
    }

    fn look_at(&mut self, host: &mut H, now: Now, slot: Slot) {
        let rests = self.rests(now, slot);
        let Some(connection) = self.connections.get_mut(slot) else {
            return;
        };
        let until = connection.rare.as_ref().and_then(|rare| rare.until);
        match (connection.state, connection.due()) {
            (State::Live, _) if until.is_some_and(|until| until <= now.monotonic) => {
                let code = reason::MAXIMUM_CONNECT_TIME;
                let cause = "what it proved itself with is valid no longer";
                let refusal = Refusal::new("disconnect", "closed", code, cause);
                self.end(host, now, slot, refusal);
            }
            (State::Live, Some(expires))
                if expires <= now.monotonic
                    && let Some(until) = rests =>
            {
                // What it has sent is not read.
                self.wheel.schedule(slot, until);
            }
            (State::Live, Some(expires))
                if expires <= now.monotonic
                    && connection.may_publish()
                    && now.monotonic < self.unheard_until =>
            {
                self.wheel.schedule(slot, self.unheard_until);
            }
            (State::Live, Some(expires)) if expires <= now.monotonic => {
                self.counters.keep_alive_expired += 1;
                let code = reason::KEEP_ALIVE_TIMEOUT;
                let cause = "keep-alive: nothing came within 1.5 times the interval";
                let refusal = Refusal::new("disconnect", "closed", code, cause);
                self.end(host, now, slot, refusal);
            }
            (State::Live, Some(expires)) => self.wheel.schedule(slot, expires),
            (State::Closing { until }, _) if until <= now.monotonic => {
                connection.output.set_close(Close::Now);
                self.touch(slot);
            }
            (State::Closing { until }, _) => self.wheel.schedule(slot, until),
            (State::Live, None) => {}
        }
    }
}
