// SPDX-License-Identifier: Apache-2.0
//! The one-time link with which the first administrator chooses name and password.

use hw_identity::Identity;
use hw_model::AccountId;

use super::{Endpoints, ServeError};

/// A fresh link while there is no administrator; `None` otherwise, or if no door leads to it.
pub(super) async fn make(
    identity: &Identity,
    endpoints: &Endpoints,
    public_host: &str,
) -> Result<Option<String>, ServeError> {
    const BROKEN: &str = "a set-up link can't be made";
    let account = AccountId::FIRST;
    let known = identity.has_administrator(account).await;
    let Some(site) = site(endpoints, public_host) else {
        return Ok(None);
    };
    if known.map_err(ServeError::part(BROKEN))? {
        return Ok(None);
    }
    let token = identity.make_setup_link(account).await;
    let token = token.map_err(ServeError::part(BROKEN))?;
    Ok(Some(format!("{site}/setup#{token}")))
}

/// The address that a browser on this machine opens: the plain door needs no trust in our CA.
fn site(endpoints: &Endpoints, public_host: &str) -> Option<String> {
    let plain = endpoints
        .http
        .map(|addr| format!("http://localhost:{}", addr.port()));
    let tls = || Some(format!("https://{public_host}:{}", endpoints.https?.port()));
    plain.or_else(tls)
}
