// SPDX-License-Identifier: Apache-2.0
//! The signed URL by which AWS's SDKs open MQTT over WebSocket. Source: AWS IoT developer guide,
//! "Device communication protocols".

use std::time::Duration;

use http::request::Parts;
use hw_kernel::Refusal;

use crate::AwsDeps;
use crate::caller::{Caller, prove};
use crate::door::{headers, is_aws, signed};

/// Services that it may be signed for.
const SERVICES: [&str; 2] = ["iotdevicegateway", "iotdata"];

/// How long a connection lasts that a signature opened.
pub const SIGNED_SPAN_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Who signed; `None` if nobody did.
///
/// # Errors
/// The signature is not accepted.
pub async fn of_signed_url(deps: &AwsDeps, parts: &Parts) -> Result<Option<Caller>, Refusal> {
    if !is_aws(parts) {
        return Ok(None);
    }
    let refuse = |account, principal, cause: String| Refusal {
        account,
        principal,
        cause,
    };
    let headers = headers(parts);
    let proved = prove(deps, &signed(parts, &headers, b""), None).await;
    let proved = proved.map_err(|error| {
        tracing::error!(%error, "a signature could not be checked");
        refuse(None, None, "the signature could not be checked".into())
    })?;
    let caller = proved.map_err(|unproved| {
        let cause = unproved.cause.to_owned();
        refuse(unproved.account, unproved.access_key_id, cause)
    })?;
    if !SERVICES.contains(&caller.service.as_str()) {
        let cause = format!("signed for {} and not for iotdevicegateway", caller.service);
        let key = Some(caller.access_key_id.clone());
        return Err(refuse(Some(caller.account), key, cause));
    }
    Ok(Some(caller))
}
