// SPDX-License-Identifier: Apache-2.0
//! Certificates as steps: whether a device could come in with them.

use hw_identity::certificates::Certificate;
use hw_identity::policies::Target;
use hw_model::{AccountId, Timestamp};
use serde_json::json;

use super::Explainer;
use super::arns::Arns;
use super::cure::{About, cure};
use super::report::{Outcome, Step, rfc_3339};
use super::way::short;
use crate::error::ApiError;

impl Explainer {
    /// A step for each certificate of a thing.
    pub(crate) async fn certificates(
        &self,
        account: AccountId,
        thing: &str,
        attached: &[Certificate],
    ) -> Result<Vec<Step>, ApiError> {
        if attached.is_empty() {
            let cure = format!(
                "aws iot attach-thing-principal --thing-name {thing} --principal CERTIFICATE_ARN"
            );
            let said = "none is attached to this thing";
            return Ok(vec![
                Step::new("certificate", Outcome::Fail, said).cure(cure),
            ]);
        }
        let arns = Arns {
            region: self.identity.region(),
            account,
        };
        let mut steps = Vec::with_capacity(attached.len());
        for one in attached {
            let principal = Target::from(one.id);
            let policies = self
                .identity
                .effective_policies(account, Some(&principal), Some(thing))
                .await?;
            let policies: Vec<_> = policies.into_iter().map(|(name, _)| name).collect();
            steps.push(step(one, &policies, self.clock.now(), &arns));
        }
        Ok(steps)
    }
}

fn step(certificate: &Certificate, policies: &[String], now: Timestamp, arns: &Arns<'_>) -> Step {
    let id = certificate.id.to_string();
    let bad = if certificate.status != "ACTIVE" {
        Some(format!("certificate {}", certificate.status))
    } else if now > certificate.not_after {
        Some("certificate expired".to_owned())
    } else if now < certificate.not_before {
        Some("certificate not valid yet".to_owned())
    } else if policies.is_empty() {
        Some("no policy is attached".to_owned())
    } else {
        None
    };
    let detail = json!({
        "certificate_id": id, "status": certificate.status, "policies": policies,
        "not_after": rfc_3339(certificate.not_after),
    });
    let until = rfc_3339(certificate.not_after).unwrap_or_default();
    let until = until.split('T').next().unwrap_or_default();
    let Some(cause) = bad else {
        let (id, policies) = (short(&id), policies.join(", "));
        let said = format!("{id} is ACTIVE, valid until {until}, with policy {policies}");
        return Step::new("certificate", Outcome::Ok, said).detail(detail);
    };
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
