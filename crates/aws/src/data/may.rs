// SPDX-License-Identifier: Apache-2.0
//! Whether a caller's policies allow an action of the data plane.

use hw_kernel::Event;
use hw_policy::{Action, Context, Request, evaluate};

use crate::error::AwsError;
use crate::operation::Call;

/// Asks for one resource, a whole ARN or `*`. A refusal is an event.
pub(super) async fn may(call: &Call<'_>, action: Action, resource: &str) -> Result<(), AwsError> {
    let principal = call.caller.principal(call.deps).await?;
    let context = Context {
        source_ip: Some(call.caller.address.to_string()),
        domain_name: call.caller.server_name.as_deref().map(str::to_owned),
        ..principal.policy_context(None)
    };
    let request = Request {
        action: action.as_str(),
        resource,
        context: &context,
    };
    let decision = evaluate(&principal.policies_for(""), &request);
    if decision.effect.is_allowed() {
        return Ok(());
    }
    let mut event = Event::new(
        principal.account,
        "api",
        "refused",
        decision.why.to_string(),
    );
    event.principal = Some(principal.id.to_string());
    event.thing = principal.thing_for("").map(|thing| thing.name.clone());
    event.address = Some(call.caller.address.to_string());
    call.deps.events.emit(event);
    // Why stands in the events; who is refused learns no policies.
    Err(AwsError::new("ForbiddenException", 403, "Forbidden"))
}
