// SPDX-License-Identifier: Apache-2.0
//! `/api/v1/certificates`: devices' certificates, registered, changed and deleted.

pub(crate) mod attached;
pub(crate) mod shown;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use hw_identity::certificates::{CertificateSearch, RegisterStatus, Registration};
use hw_identity::page::Place;
use hw_model::{AccountId, CertificateId, ErrorKind};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::auth::{Admin, Caller, Door};
use crate::described::{Answer, Operation, fields, wanted};
use crate::error::ApiError;
use crate::input::{self, Arguments, Path, page_rows};
use shown::{CertificateList, CertificateShown, ListedCertificate};

/// Which certificates to list.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CertificatesWanted {
    /// At most so many: 1 to 1,000; 100 if it is left out.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
    /// A part of the id, or of the name of one of its things or policies, in any case.
    search: Option<String>,
}

/// How it is described.
pub(crate) const LIST: Operation = Operation {
    id: "list_certificates",
    tag: "devices",
    summary: "List certificates",
    query: Some(fields::<CertificatesWanted>),
    answers: &[Answer::json::<CertificateList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn list(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Arguments(wanted): Arguments<CertificatesWanted>,
) -> Result<Json<CertificateList>, ApiError> {
    let search = CertificateSearch {
        word: wanted.search,
        after: wanted.after.as_deref().map(place).transpose()?,
        count: page_rows(wanted.limit)? as usize,
    };
    let identity = &door.deps.identity;
    let page = identity
        .search_certificates(caller.account, &search)
        .await?;
    let items = page.items.into_iter();
    Ok(Json(CertificateList {
        certificates: items.map(ListedCertificate::from).collect(),
        next: page.next.map(|at| format!("{}.{}", at.created_us, at.name)),
    }))
}

/// `next` of a page, read back.
fn place(token: &str) -> Result<Place, ApiError> {
    let parts = token.split_once('.');
    let place = parts.and_then(|(created_us, name)| {
        Some(Place {
            created_us: created_us.parse().ok()?,
            name: name.to_owned(),
        })
    });
    place.ok_or_else(|| ApiError::invalid("`after` is `next` of a page before"))
}

/// The id in a path.
pub(super) fn certificate_id(text: &str) -> Result<CertificateId, ApiError> {
    text.parse::<CertificateId>().map_err(|bad| {
        ApiError::invalid(format!(
            "{bad}, and {:?} is not",
            text.chars().take(80).collect::<String>()
        ))
    })
}

/// How it is described.
pub(crate) const ONE: Operation = Operation {
    id: "get_certificate",
    tag: "devices",
    summary: "A certificate",
    path: &[("id", "Certificate id: SHA-256 of its DER")],
    answers: &[Answer::json::<CertificateShown>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn one(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<CertificateShown>, ApiError> {
    let id = certificate_id(&id)?;
    Ok(Json(shown::of(&door, caller.account, id).await?))
}

/// A certificate to register, or to make.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCertificate {
    /// A certificate in PEM, which is trusted for itself; or
    pem: Option<String>,
    /// a certificate signing request in PEM, which the server's CA signs.
    csr: Option<String>,
    /// Whether it may connect at once; true if it is left out.
    active: Option<bool>,
}

/// How it is described.
pub(crate) const CREATE: Operation = Operation {
    id: "create_certificate",
    tag: "devices",
    summary: "Register a certificate, or sign a request for one",
    description: "It may do nothing until a policy is attached.",
    body: Some(wanted::<NewCertificate>),
    answers: &[Answer::json::<CertificateShown>(201, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn create(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    input::Json(new): input::Json<NewCertificate>,
) -> Result<(StatusCode, Json<CertificateShown>), ApiError> {
    let (identity, account) = (&door.deps.identity, caller.account);
    let active = new.active.unwrap_or(true);
    let made = match (&new.pem, &new.csr) {
        (Some(pem), None) => {
            let status = if active {
                RegisterStatus::Active
            } else {
                RegisterStatus::Inactive
            };
            identity
                .register_certificate(account, pem, Registration::WithoutCa, status)
                .await?
        }
        (None, Some(csr)) => {
            let authority = &door.deps.authority;
            identity
                .create_certificate_from_request(account, authority, csr, active)
                .await?
        }
        _ => return Err(ApiError::invalid("send one of `pem` and `csr`")),
    };
    let done = format!("certificate {} registered, {}", made.id, made.status);
    door.done(&caller, done);
    let shown = shown::of(&door, account, made.id).await?;
    Ok((StatusCode::CREATED, Json(shown)))
}

/// What to change.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CertificateChange {
    status: WantedStatus,
}

/// What a certificate may: `REVOKED` is for good.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum WantedStatus {
    Active,
    Inactive,
    Revoked,
}

/// How it is described.
pub(crate) const CHANGE: Operation = Operation {
    id: "change_certificate",
    tag: "devices",
    summary: "Set a certificate's status",
    description: "In effect at once: open connections of one that is not ACTIVE any more end.",
    path: &[("id", "Certificate id: SHA-256 of its DER")],
    body: Some(wanted::<CertificateChange>),
    answers: &[Answer::json::<CertificateShown>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn change(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path(id): Path<String>,
    input::Json(change): input::Json<CertificateChange>,
) -> Result<Json<CertificateShown>, ApiError> {
    let (id, account) = (certificate_id(&id)?, caller.account);
    let status = match change.status {
        WantedStatus::Active => "ACTIVE",
        WantedStatus::Inactive => "INACTIVE",
        WantedStatus::Revoked => "REVOKED",
    };
    let identity = &door.deps.identity;
    identity.set_certificate_status(account, id, status).await?;
    door.done(&caller, format!("certificate {id} is {status} now"));
    Ok(Json(shown::of(&door, account, id).await?))
}

/// How to delete.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deleting {
    /// Whether it is taken off its things and policies; otherwise those hold it.
    #[serde(default)]
    force: bool,
}

/// How it is described.
pub(crate) const DELETE: Operation = Operation {
    id: "delete_certificate",
    tag: "devices",
    summary: "Delete a certificate that is not ACTIVE",
    description: "Refused (409) while it is ACTIVE, and without `force=true` while things or policies are attached.",
    path: &[("id", "Certificate id: SHA-256 of its DER")],
    query: Some(fields::<Deleting>),
    answers: &[Answer::empty(204, "Deleted")],
    ..Operation::PLAIN
};

pub(crate) async fn delete(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path(id): Path<String>,
    Arguments(deleting): Arguments<Deleting>,
) -> Result<StatusCode, ApiError> {
    let (identity, account) = (&door.deps.identity, caller.account);
    let id = certificate_id(&id)?;
    if deleting.force {
        identity.detach_and_delete_certificate(account, id).await?;
    } else {
        let known = identity.certificate(account, id).await?;
        if known.status != "ACTIVE" {
            unattached(&door, account, id).await?;
        }
        identity.delete_certificate(account, id, false).await?;
    }
    door.done(&caller, format!("certificate {id} deleted"));
    Ok(StatusCode::NO_CONTENT)
}

/// Says in this API's words what holds a certificate; that it does is up to who deletes it.
async fn unattached(door: &Door, account: AccountId, id: CertificateId) -> Result<(), ApiError> {
    let identity = &door.deps.identity;
    let things = identity.things_of_certificate(account, id).await?;
    let policies = identity.attached_policies(account, id).await?;
    let held = match (things.first(), policies.first()) {
        (Some(thing), _) => format!("thing {thing}"),
        (None, Some(policy)) => format!("policy {policy}"),
        (None, None) => return Ok(()),
    };
    let message = format!("certificate {id} is attached to {held}: detach it, or send force=true");
    Err(ApiError::new(ErrorKind::Conflict, message))
}
