// SPDX-License-Identifier: Apache-2.0
//! `GET /api/v1/authorities`: the CA that devices trust, the certificates that the server shows, and
//! how many of devices end soon.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hw_identity::certificate_text::{self, CertificateText};
use hw_identity::expiry::{self, DevicesEnding, Renewed, days_left};
use hw_model::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::auth::{Caller, Door};
use crate::described::{Answer, Operation};
use crate::error::ApiError;
use crate::moment::Moment;

/// Certificates of the server.
#[derive(Serialize, JsonSchema)]
pub(crate) struct AuthorityList {
    /// The CA first.
    authorities: Vec<ShownAuthority>,
    /// ACTIVE certificates of the account's devices that end soon, counted within the last ten
    /// minutes.
    devices_ending: ShownDevicesEnding,
}

/// Certificates of devices that end soon. Those that have ended are counted once.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ShownDevicesEnding {
    ended: u64,
    within_7_days: u64,
    within_30_days: u64,
    within_90_days: u64,
}

impl From<DevicesEnding> for ShownDevicesEnding {
    fn from(ending: DevicesEnding) -> Self {
        Self {
            ended: ending.ended,
            within_7_days: ending.within_7,
            within_30_days: ending.within_30,
            within_90_days: ending.within_90,
        }
    }
}

/// A certificate of the server.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ShownAuthority {
    /// `ca`, which signs and which devices trust; `server`, which the TLS doors show; or `public`,
    /// which somebody else has signed and which browsers are shown by the names that it is for.
    kind: &'static str,
    /// Where a `public` one comes from: `files` or `acme`.
    source: Option<&'static str>,
    /// As in `O=Headwater, CN=Headwater CA`.
    subject: String,
    not_before: Moment,
    not_after: Moment,
    /// SHA-256 of its DER.
    sha256: String,
    pem: String,
    /// DNS names and addresses that it is for.
    names: Vec<String>,
    /// Whole days until its end; below 0 it is over.
    days_left: i64,
    /// `90`, `30` or `7` days, once no more than that are left, or `0` when it is over. The
    /// server's own certificate is made anew 30 days before its end, and one by ACME when a third
    /// of its life is left: they are warned of when that has not been done.
    warning: Option<String>,
}

fn shown(kind: &'static str, it: CertificateText, now: Timestamp) -> ShownAuthority {
    let (kind, source, renewed) = match kind {
        "acme" => ("public", Some(kind), Renewed::ByAcme),
        "files" => ("public", Some(kind), Renewed::ByPeople),
        "server" => (kind, None, Renewed::ByServer),
        kind => (kind, None, Renewed::ByPeople),
    };
    let warning = expiry::warning(renewed, (it.not_before, it.not_after), now);
    ShownAuthority {
        kind,
        source,
        subject: it.subject,
        not_before: it.not_before.into(),
        not_after: it.not_after.into(),
        sha256: it.sha256.to_string(),
        pem: it.pem,
        names: it.names,
        days_left: days_left(it.not_after, now),
        warning: warning.map(|days| days.to_string()),
    }
}

/// How it is described.
pub(crate) const LIST: Operation = Operation {
    id: "list_authorities",
    tag: "server",
    summary: "The CA that devices trust, the server's certificates, and how many of devices end soon",
    answers: &[Answer::json::<AuthorityList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn list(
    State(door): State<Arc<Door>>,
    caller: Caller,
) -> Result<Json<AuthorityList>, ApiError> {
    let now = door.deps.clock.now();
    let reach = door.deps.reach.reach();
    let ca = certificate_text::read(&door.deps.authority.certificate_pem)?;
    let server = certificate_text::read(&reach.server_chain_pem)?;
    let mut authorities = vec![shown("ca", ca, now), shown("server", server, now)];
    if let Some(public) = reach.public {
        let text = certificate_text::read(&public.chain_pem)?;
        authorities.push(shown(public.source, text, now));
    }
    let devices_ending = door.deps.status.devices_ending(caller.account).into();
    Ok(Json(AuthorityList {
        authorities,
        devices_ending,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hw_model::CertificateId;

    const DAY_MICROS: i64 = 86_400_000_000;

    #[test]
    fn what_is_left_and_which_warning() {
        let now = Timestamp(1_000 * DAY_MICROS);
        for (micros, days_left, warning) in [
            (91 * DAY_MICROS, 91, None),
            (91 * DAY_MICROS - 1, 90, None),
            (90 * DAY_MICROS, 90, Some("90")),
            (30 * DAY_MICROS, 30, Some("30")),
            (DAY_MICROS / 2, 0, Some("7")),
            (-1, -1, Some("0")),
        ] {
            let text = CertificateText {
                sha256: CertificateId([0; 32]),
                pem: String::new(),
                subject: String::new(),
                issuer: String::new(),
                not_before: Timestamp(0),
                not_after: Timestamp(now.0 + micros),
                names: Vec::new(),
            };
            let shown = shown("ca", text, now);
            let found = (shown.days_left, shown.warning.as_deref());
            assert_eq!(found, (days_left, warning));
        }
    }
}
