// SPDX-License-Identifier: Apache-2.0
//! While somebody is connected whom an authorizer let in: asks again when its answer is over or the
//! account's policies change, and forgets when the connection is gone.

use std::sync::{Arc, Weak};
use std::time::Duration;

use hw_kernel::admission::{Claims, Principal};
use hw_model::AccountId;

use super::door::AuthorizerDoor;

/// How often it is looked whether the connection is still there.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// The next question about somebody.
pub(super) struct Next {
    pub door: AuthorizerDoor,
    pub account: AccountId,
    pub authorizer: String,
    pub claims: Claims,
    pub refresh_after: Option<Duration>,
    /// Whether the account's policies hold for it, and not its own.
    pub follows_policies: bool,
}

impl Next {
    /// Until the connection is gone, or nobody answers for it any more.
    pub async fn run(self, mut principal: Weak<Principal>, proof: Arc<str>) {
        let directory = self.door.identity.changes.clone();
        let clock = self.door.identity.clock.clone();
        let mut policies = directory.policy_changes();
        let mut follows_policies = self.follows_policies;
        let mut due = self.refresh_after.map(|span| clock.monotonic() + span);
        loop {
            let now = clock.monotonic();
            let wait = due.map_or(LOOK_EVERY, |due| due.saturating_sub(now).min(LOOK_EVERY));
            let changed = tokio::select! {
                () = clock.sleep(wait) => false,
                changed = policies.changed() => changed.is_ok(),
            };
            if principal.strong_count() == 0 {
                return directory.forget_given(self.account, &proof);
            }
            let is_due = due.is_some_and(|due| due <= clock.monotonic());
            let is_moot = !changed || !follows_policies;
            if is_moot && !is_due {
                continue;
            }
            let (account, name) = (self.account, &self.authorizer);
            match self.door.grant(account, name, &self.claims, &proof).await {
                Ok(grant) => {
                    follows_policies = grant.follows_policies;
                    due = grant.refresh_after.map(|span| clock.monotonic() + span);
                    let next = Arc::new(grant.principal);
                    let before = std::mem::replace(&mut principal, Arc::downgrade(&next));
                    directory.replace_given(account, &proof, before, Ok(next));
                }
                Err(refusal) => {
                    return directory.replace_given(account, &proof, principal, Err(refusal.cause));
                }
            }
        }
    }
}
