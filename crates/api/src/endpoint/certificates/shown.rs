// SPDX-License-Identifier: Apache-2.0
//! Certificates as the API writes them.

use hw_fleet::principals::{Attachment, AttachmentQuery};
use hw_identity::certificate_text;
use hw_identity::certificates::Overview;
use hw_model::{AccountId, CertificateId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::auth::Door;
use crate::error::ApiError;
use crate::moment::Moment;

/// A certificate in a list.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ListedCertificate {
    /// SHA-256 of its DER.
    id: String,
    /// `ACTIVE`, `INACTIVE`, `REVOKED`, …
    status: String,
    /// When it was registered.
    created: Moment,
    not_before: Moment,
    not_after: Moment,
    /// `DEFAULT`, or `SNI_ONLY` if it was registered without its CA.
    mode: String,
    /// Names of the things that it is attached to.
    things: Vec<String>,
    /// Names of the policies that are attached to it.
    policies: Vec<String>,
}

/// A page of certificates.
#[derive(Serialize, JsonSchema)]
pub(crate) struct CertificateList {
    /// The newest first.
    pub certificates: Vec<ListedCertificate>,
    /// What to send as `after` for the next page; null at the end.
    pub next: Option<String>,
}

/// A certificate.
#[derive(Serialize, JsonSchema)]
pub(crate) struct CertificateShown {
    #[serde(flatten)]
    certificate: ListedCertificate,
    pem: String,
    /// As in `CN=pump-1`.
    subject: String,
    issuer: String,
    /// SHA-256 of the DER of its CA, if it was registered with it.
    ca_id: Option<String>,
    /// Whether it has a thing and can have no other.
    exclusive: bool,
}

impl From<Overview> for ListedCertificate {
    fn from(it: Overview) -> Self {
        Self {
            id: it.id.to_string(),
            status: it.status,
            created: it.created.into(),
            not_before: it.not_before.into(),
            not_after: it.not_after.into(),
            mode: it.mode,
            things: it.things,
            policies: it.policies,
        }
    }
}

/// One of the account.
pub(super) async fn of(
    door: &Door,
    account: AccountId,
    id: CertificateId,
) -> Result<CertificateShown, ApiError> {
    let identity = &door.deps.identity;
    let known = identity.certificate(account, id).await?;
    let text = certificate_text::read(&known.pem)?;
    let only = AttachmentQuery {
        how: Some(Attachment::Exclusive),
        after: None,
        count: 1,
    };
    let only = door.deps.fleet.things_of_principal(account, id, &only);
    let only = only.await?;
    Ok(CertificateShown {
        certificate: ListedCertificate {
            id: id.to_string(),
            status: known.status,
            created: known.created.into(),
            not_before: known.not_before.into(),
            not_after: known.not_after.into(),
            mode: known.mode,
            things: identity.things_of_certificate(account, id).await?,
            policies: identity.attached_policies(account, id).await?,
        },
        pem: known.pem,
        subject: text.subject,
        issuer: text.issuer,
        ca_id: known.ca_certificate_id,
        exclusive: !only.items.is_empty(),
    })
}
