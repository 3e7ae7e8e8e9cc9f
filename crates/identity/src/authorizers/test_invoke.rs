// SPDX-License-Identifier: Apache-2.0
//! Asks an authorizer without a connection, so that people can try it.

use hw_kernel::admission::Claims;
use hw_model::AccountId;

use super::Granted;
use super::door::AuthorizerDoor;
use crate::IdentityError;

impl AuthorizerDoor {
    /// What it says, whether or not it is active; the inner error is why it lets nobody in.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn test(
        &self,
        account: AccountId,
        name: &str,
        claims: &Claims,
    ) -> Result<Result<Granted, String>, IdentityError> {
        let authorizer = self.identity.authorizer(account, name).await?;
        Ok(self.ask(account, &authorizer, claims).await)
    }
}
