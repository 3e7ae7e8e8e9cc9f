// SPDX-License-Identifier: Apache-2.0
//! Passwords of the PostgreSQL door are API keys.

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use hw_identity::Identity;
use hw_kernel::{Event, EventSink};
use hw_model::AccountId;
use hw_query::wire::PgAuth;

/// Bytes of a key's id, which is no secret.
const KEY_ID_BYTES: usize = 16;

/// Asks identity, and writes refusals down.
pub(super) struct KeyAuth {
    pub identity: Identity,
    pub events: Arc<dyn EventSink>,
}

#[async_trait]
impl PgAuth for KeyAuth {
    async fn account_for(&self, _user: &str, password: &str, peer: IpAddr) -> Option<AccountId> {
        match self.identity.api_key_owner(password).await {
            Ok(Some(owner)) => Some(owner.account),
            Ok(None) => {
                self.refused(
                    password,
                    peer,
                    "PostgreSQL: the password is no active API key",
                );
                None
            }
            Err(error) => {
                tracing::error!(%error, "an API key could not be looked up");
                self.refused(
                    password,
                    peer,
                    "PostgreSQL: the API key could not be looked up",
                );
                None
            }
        }
    }
}

impl KeyAuth {
    /// The event stands in the first account: whose key it is, is not known.
    fn refused(&self, password: &str, peer: IpAddr, cause: &str) {
        let mut event = Event::new(AccountId::FIRST, "login", "refused", cause);
        event.principal = key_id(password).map(str::to_owned);
        event.address = Some(peer.to_canonical().to_string());
        event.claimed = true;
        self.events.emit(event);
    }
}

/// The id in a key of the right shape; nothing else of what was sent is told.
fn key_id(password: &str) -> Option<&str> {
    let (id, _) = password.strip_prefix("hw_")?.split_once('_')?;
    let good = id.len() == KEY_ID_BYTES && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    good.then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_id_of_a_key_is_told() {
        assert_eq!(
            key_id("hw_0123456789abcdef_secret"),
            Some("0123456789abcdef")
        );
        for other in [
            "hunter2",
            "hw_secret",
            "hw_short_secret",
            "hw_not-hex-not-hex-_x",
        ] {
            assert_eq!(key_id(other), None, "{other}");
        }
    }
}
