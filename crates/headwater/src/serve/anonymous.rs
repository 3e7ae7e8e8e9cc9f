// SPDX-License-Identifier: Apache-2.0
//! The principal of the plain MQTT door: whoever comes, under one policy document.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use hw_kernel::admission::{Principal, PrincipalId};
use hw_model::AccountId;
use hw_policy::{Document, Named, PolicySet};

use super::ServeError;
use crate::config::Config;

/// The principal, if the configuration names a policy for it.
pub(super) fn principal(config: &Config) -> Result<Option<Principal>, ServeError> {
    let Some(text) = &config.anonymous_policy else {
        return Ok(None);
    };
    let document =
        Document::parse(text).map_err(|error| ServeError::AnonymousPolicy(error.to_string()))?;
    let named = Named {
        name: "anonymous".to_owned(),
        version: None,
        document: Arc::new(document),
    };
    Ok(Some(Principal {
        account: AccountId::FIRST,
        id: PrincipalId::Anonymous,
        policies: Arc::new(PolicySet::new(vec![named])),
        things: Vec::new(),
        certificate: None,
        region: config.region.as_str().into(),
        stale: AtomicBool::new(false),
    }))
}
