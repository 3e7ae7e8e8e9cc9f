// SPDX-License-Identifier: Apache-2.0
//! Takeover: a new connection with the same client id ends the old one (MQTT-3.1.4-3).

use hw_mqtt::reason;

use crate::refusal::Refusal;
use crate::{Host, Now, Shard, Slot};

impl<H: Host> Shard<H> {
    /// Ends the connection that has the client id of an admitted newcomer. Its session goes over to
    /// the newcomer, if that is the same principal or another certificate of the same thing and
    /// does not begin anew. Its will is published if its session ends: nobody is gone else.
    pub(crate) fn take_over(&mut self, host: &mut H, now: Now, newcomer: Slot, clean_start: bool) {
        let Some(connection) = self.connections.get(newcomer) else {
            return;
        };
        let heir = host.owner(&connection.auth);
        let Some(old) = self.names.get(connection.account, &connection.client_id) else {
            return;
        };
        self.counters.taken_over += 1;
        if let Some(connection) = self.connections.live_mut(old)
            && host.owner(&connection.auth).may_leave_to(&heir)
        {
            let goes_on = connection.lasting_session().is_some() && !clean_start;
            if let Some(rare) = &mut connection.rare {
                // A delay is there so that a client that is back in time is not missed.
                rare.will.take_if(|will| goes_on || !will.delay.is_zero());
            }
        }
        let cause = "taken over by a newer connection with the same client id";
        let refusal = Refusal::new("disconnect", "closed", reason::SESSION_TAKEN_OVER, cause);
        self.end(host, now, old, refusal);
    }
}
