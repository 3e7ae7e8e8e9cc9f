// SPDX-License-Identifier: Apache-2.0
//! Passwords of the PostgreSQL door are API keys.

use async_trait::async_trait;
use hw_identity::Identity;
use hw_model::AccountId;
use hw_query::wire::PgAuth;

/// Asks identity.
pub(super) struct KeyAuth(pub Identity);

#[async_trait]
impl PgAuth for KeyAuth {
    async fn account_for(&self, _user: &str, password: &str) -> Option<AccountId> {
        match self.0.api_key_owner(password).await {
            Ok(owner) => owner.map(|owner| owner.account),
            Err(error) => {
                tracing::error!(%error, "an API key could not be looked up");
                None
            }
        }
    }
}
