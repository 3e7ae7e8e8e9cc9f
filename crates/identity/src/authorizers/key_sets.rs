// SPDX-License-Identifier: Apache-2.0
//! Key sets (JWKS), remembered for a while: an issuer that is down for a moment keeps nobody out,
//! one that is down for longer lets nobody in.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use parking_lot::Mutex;

use crate::outbound::{NoAnswer, Outbound};

/// How long a set is believed.
const BELIEVED_FOR: Duration = Duration::from_secs(10 * 60);

/// How soon a set is fetched again because a key is not in it: no flood of made-up key ids makes a
/// flood of requests.
const AGAIN_AFTER: Duration = Duration::from_secs(30);

/// Sets that are remembered.
const SETS_MAX: usize = 256;

/// All sets.
#[derive(Default)]
pub(super) struct KeySets(Mutex<HashMap<String, (Duration, Arc<JwkSet>)>>);

impl KeySets {
    /// A set in which `key_id` may be, as it stands `now` on the monotonic clock.
    pub async fn get(
        &self,
        outbound: &Outbound,
        place: &str,
        key_id: &str,
        now: Duration,
    ) -> Result<Arc<JwkSet>, NoAnswer> {
        let known = self.0.lock().get(place).cloned();
        if let Some((since, set)) = known {
            let age = now.saturating_sub(since);
            let has = set.find(key_id).is_some();
            if age < AGAIN_AFTER || has && age < BELIEVED_FOR {
                return Ok(set);
            }
        }
        let bytes = outbound.read(place).await?;
        let set: JwkSet = serde_json::from_slice(&bytes)
            .map_err(|error| NoAnswer(format!("not a key set: {error}")))?;
        let set = Arc::new(set);
        let mut sets = self.0.lock();
        if sets.len() >= SETS_MAX {
            sets.clear();
        }
        sets.insert(place.to_owned(), (now, set.clone()));
        Ok(set)
    }
}
