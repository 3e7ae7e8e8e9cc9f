// SPDX-License-Identifier: Apache-2.0
//! Certificates as steps: whether a device could come in with them.

use hw_identity::certificates::Certificate;
use hw_model::Timestamp;
use serde_json::json;

use super::cure::{About, cure};
use super::events::Arns;
use super::report::{Outcome, Step, rfc_3339};
use super::way::short;

/// The step `certificate`.
pub(crate) fn step(certificate: &Certificate, now: Timestamp, arns: &Arns<'_>) -> Step {
    let id = certificate.id.to_string();
    let bad = if certificate.status != "ACTIVE" {
        Some(format!("certificate {}", certificate.status))
    } else if now > certificate.not_after {
        Some("certificate expired".to_owned())
    } else if now < certificate.not_before {
        Some("certificate not valid yet".to_owned())
    } else {
        None
    };
    let detail = json!({
        "certificate_id": id, "status": certificate.status,
        "not_after": rfc_3339(certificate.not_after),
    });
    let until = rfc_3339(certificate.not_after).unwrap_or_default();
    match bad {
        None => {
            let said = format!(
                "{} is ACTIVE, valid until {}",
                short(&id),
                until.split('T').next().unwrap_or_default()
            );
            Step::new("certificate", Outcome::Ok, said).detail(detail)
        }
        Some(cause) => {
            let about = About {
                cause: &cause,
                principal: Some(&id),
                ..About::default()
            };
            let cure = cure(&about, arns);
            let said = format!("{}: {cause}", short(&id));
            Step::new("certificate", Outcome::Fail, said)
                .cure(cure)
                .detail(detail)
        }
    }
}
