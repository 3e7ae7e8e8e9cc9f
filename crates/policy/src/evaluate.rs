// SPDX-License-Identifier: Apache-2.0
//! One request against a set of policies, with the reason.

use crate::{Context, Decision, PolicySet};

/// A request that has nothing prepared.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// As `iot:Publish`, in any case.
    pub action: &'a str,
    /// The whole ARN.
    pub resource: &'a str,
    /// Who asks.
    pub context: &'a Context,
}

/// Decides one request. For many requests of one principal, [`PolicySet::resolve`] once.
pub fn evaluate(policies: &PolicySet, request: &Request) -> Decision {
    let resolved = policies.resolve(request.context);
    let effect = resolved.decide_named(request.action, "", request.resource);
    let why = resolved.explain_named(request.action, "", request.resource);
    Decision { effect, why }
}
