// SPDX-License-Identifier: Apache-2.0
//! `GET /api/v1/authorities`: the CA that devices trust, and the certificate that the server shows.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hw_identity::certificate_text::{self, CertificateText};
use hw_model::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::auth::{Caller, Door};
use crate::described::{Answer, Operation};
use crate::error::ApiError;
use crate::moment::Moment;

const DAY_MICROS: i64 = 86_400_000_000;

/// How many days before its end a certificate is warned of, the last warning first.
const WARNINGS: [(i64, &str); 3] = [(7, "7"), (30, "30"), (90, "90")];

/// Certificates of the server.
#[derive(Serialize, JsonSchema)]
pub(crate) struct AuthorityList {
    /// The CA first.
    authorities: Vec<ShownAuthority>,
}

/// A certificate of the server.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ShownAuthority {
    /// `ca`, which signs and which devices trust, or `server`, which the TLS doors show.
    kind: &'static str,
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
    /// `90`, `30` or `7` days, once no more than that are left; the server's own certificate is
    /// made anew 30 days before its end.
    warning: Option<&'static str>,
}

fn shown(kind: &'static str, it: CertificateText, now: Timestamp) -> ShownAuthority {
    let days_left = (it.not_after.0 - now.0).div_euclid(DAY_MICROS);
    let warning = WARNINGS.iter().find(|(days, _)| days_left <= *days);
    ShownAuthority {
        kind,
        subject: it.subject,
        not_before: it.not_before.into(),
        not_after: it.not_after.into(),
        sha256: it.sha256.to_string(),
        pem: it.pem,
        names: it.names,
        days_left,
        warning: warning.map(|(_, words)| *words),
    }
}

/// How it is described.
pub(crate) const LIST: Operation = Operation {
    id: "list_authorities",
    tag: "server",
    summary: "The CA that devices trust, and the server's own certificate",
    answers: &[Answer::json::<AuthorityList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn list(
    State(door): State<Arc<Door>>,
    _: Caller,
) -> Result<Json<AuthorityList>, ApiError> {
    let now = door.deps.clock.now();
    let ca = certificate_text::read(&door.deps.authority.certificate_pem)?;
    let server = certificate_text::read(&door.deps.reach.reach().server_chain_pem)?;
    let authorities = vec![shown("ca", ca, now), shown("server", server, now)];
    Ok(Json(AuthorityList { authorities }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hw_model::CertificateId;

    #[test]
    fn what_is_left_and_which_warning() {
        let now = Timestamp(1_000 * DAY_MICROS);
        for (micros, days_left, warning) in [
            (91 * DAY_MICROS, 91, None),
            (91 * DAY_MICROS - 1, 90, Some("90")),
            (30 * DAY_MICROS, 30, Some("30")),
            (DAY_MICROS / 2, 0, Some("7")),
            (-1, -1, Some("7")),
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
            assert_eq!((shown.days_left, shown.warning), (days_left, warning));
        }
    }
}
