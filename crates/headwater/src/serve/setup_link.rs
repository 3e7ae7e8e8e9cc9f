// SPDX-License-Identifier: Apache-2.0
//! The one-time link with which the first administrator chooses name and password.

use hw_identity::Identity;
use hw_identity::host_names::{in_url, is_local};
use hw_model::AccountId;

use super::names::Names;
use super::{Endpoints, ServeError};

/// One link, as it is opened on this machine and from another.
#[derive(Debug, Clone)]
pub struct SetupLink {
    /// By the plain door if that is open, which needs no trust in our CA.
    pub here: String,
    /// By HTTPS, if that door is open beyond this machine.
    pub elsewhere: Option<String>,
}

/// A fresh link while there is no administrator; `None` otherwise, or if no door leads to it.
pub(super) async fn make(
    identity: &Identity,
    endpoints: &Endpoints,
    names: &Names,
) -> Result<Option<SetupLink>, ServeError> {
    const BROKEN: &str = "a set-up link can't be made";
    let account = AccountId::FIRST;
    let known = identity.has_administrator(account).await;
    let plain = endpoints
        .http
        .map(|addr| format!("http://localhost:{}", addr.port()));
    let elsewhere = elsewhere(endpoints, names);
    let tls = endpoints
        .https
        .map(|addr| format!("https://{}:{}", in_url(&names.public_host), addr.port()));
    let Some(here) = plain.or(tls) else {
        return Ok(None);
    };
    if known.map_err(ServeError::part(BROKEN))? {
        return Ok(None);
    }
    let token = identity.make_setup_link(account).await;
    let token = token.map_err(ServeError::part(BROKEN))?;
    let link = |site: String| format!("{site}/setup#{token}");
    let here = link(here);
    let elsewhere = elsewhere.map(link).filter(|elsewhere| *elsewhere != here);
    Ok(Some(SetupLink { here, elsewhere }))
}

/// The site as a browser on another computer finds it: by the name that was configured, or else by
/// an address, which every computer of the network can use.
fn elsewhere(endpoints: &Endpoints, names: &Names) -> Option<String> {
    let door = endpoints.https.filter(|door| !door.ip().is_loopback())?;
    let address = names.addresses().first().map(ToString::to_string);
    let host = match is_local(&names.public_host) {
        false => names.public_host.clone(),
        true => address.or_else(|| names.machine().into_iter().next())?,
    };
    Some(format!("https://{}:{}", in_url(&host), door.port()))
}
