// SPDX-License-Identifier: Apache-2.0
//! Takeover: a new connection with the same client id ends the old one (MQTT-3.1.4-3).

use hw_model::AccountId;
use hw_mqtt::reason;

use crate::refusal::Refusal;
use crate::{Host, Now, Shard};

impl<H: Host> Shard<H> {
    /// Ends the connection that has the client id. Only an admitted newcomer may ask for it.
    /// Where sessions persist, its session goes over to the newcomer here, if that is the same
    /// principal or another certificate of the same thing.
    pub(crate) fn take_over(
        &mut self,
        host: &mut H,
        now: Now,
        account: AccountId,
        client_id: &str,
    ) {
        let Some(old) = self.names.get(account, client_id) else {
            return;
        };
        self.counters.taken_over += 1;
        let cause = "taken over by a newer connection with the same client id";
        let refusal = Refusal::new("disconnect", "closed", reason::SESSION_TAKEN_OVER, cause);
        self.end(host, now, old, refusal);
    }
}
