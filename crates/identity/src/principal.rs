// SPDX-License-Identifier: Apache-2.0
//! Loads a principal whole from the catalog: certificate, policies, things.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use hw_kernel::admission::{AttachedThing, Principal, PrincipalId};
use hw_kernel::port::catalog::Row;
use hw_kernel::{Catalog, Refusal};
use hw_model::{AccountId, CertificateId, Timestamp};
use hw_policy::{Named, PolicySet};

use crate::certificate_facts::Parsed;
use crate::{IdentityError, certificate_facts, documents};

/// Accounts that a certificate is registered in, by the time they registered it.
pub(crate) async fn registrations(
    catalog: &dyn Catalog,
    id: CertificateId,
) -> Result<Vec<AccountId>, IdentityError> {
    let sql = "SELECT account FROM certificates WHERE certificate_id = $1 \
               ORDER BY created_us, account";
    let rows = catalog.read(sql, vec![id.to_string().into()]).await?;
    let parse = |text: &str| {
        text.parse()
            .map_err(|_| IdentityError::Invalid(format!("stored account {text}")))
    };
    rows.iter().map(|row| parse(row.text(0)?)).collect()
}

/// A refusal of a certificate, with a cause.
pub(crate) fn refuse(account: Option<AccountId>, id: CertificateId, cause: String) -> Refusal {
    Refusal {
        account,
        principal: Some(id.to_string()),
        cause,
    }
}

/// A certificate, its policies' default versions and its things, in one read: it is made after
/// each handshake. The last column says which of them a row is.
const WHOLE: &str = "SELECT certificate_pem, status, NULL, NULL, 'certificate' FROM certificates \
    WHERE account = $1 AND certificate_id = $2 \
    UNION ALL \
    SELECT p.policy_name, CAST(p.default_version AS TEXT), v.document, NULL, 'policy' \
    FROM policy_targets t \
    JOIN policies p ON p.account = t.account AND p.policy_name = t.policy_name \
    JOIN policy_versions v ON v.account = p.account AND v.policy_name = p.policy_name \
    AND v.version = p.default_version \
    WHERE t.account = $1 AND t.target_kind = 'cert' AND t.target = $2 \
    UNION ALL \
    SELECT t.thing_name, t.thing_type, t.attributes, a.attachment, 'thing' \
    FROM thing_principals a \
    JOIN things t ON t.account = a.account AND t.thing_name = a.thing_name \
    WHERE a.account = $1 AND a.certificate_id = $2 \
    ORDER BY 5, 1";

/// Loads the principal; `Ok(Err(…))` is a refusal, `Err` a fault of the catalog.
pub(crate) async fn load(
    catalog: &dyn Catalog,
    region: &Arc<str>,
    now: Timestamp,
    account: AccountId,
    id: CertificateId,
) -> Result<Result<Principal, Refusal>, IdentityError> {
    let args = vec![account.into(), id.to_string().into()];
    let rows = catalog.read(WHOLE, args).await?;
    let certificate = rows.iter().find(|row| is_part(row, "certificate"));
    let Some(certificate) = certificate else {
        return Ok(Err(refuse(None, id, "certificate unknown".into())));
    };
    let (pem, status) = (certificate.text(0)?, certificate.text(1)?);
    let no = |cause: String| Ok(Err(refuse(Some(account), id, cause)));
    if status != "ACTIVE" {
        return no(format!("certificate {status}"));
    }
    let parsed = stored(id, pem)?;
    if now < parsed.not_before {
        return no("certificate not valid yet".into());
    }
    if now > parsed.not_after {
        return no("certificate expired".into());
    }
    let of_part = |part| rows.iter().filter(move |row| is_part(row, part));
    let policies: Result<_, _> = of_part("policy").map(policy).collect();
    let things: Result<_, _> = of_part("thing").map(attached).collect();
    let (of, policies) = ((account, id), PolicySet::new(policies?));
    Ok(Ok(compose(region, of, policies, things?, parsed)))
}

/// Whether a row of [`WHOLE`] is of this part.
fn is_part(row: &Row, part: &str) -> bool {
    row.text(4).is_ok_and(|of| of == part)
}

/// What a stored certificate says.
pub(crate) fn stored(id: CertificateId, pem: &str) -> Result<Parsed, IdentityError> {
    let (_, pem) = x509_parser::pem::parse_x509_pem(pem.as_bytes())
        .map_err(|_| IdentityError::Invalid(format!("the stored certificate {id} is not PEM")))?;
    certificate_facts::parse(&pem.contents)
}

/// A principal with these policies and things, whether or not it may connect.
pub(crate) fn compose(
    region: &Arc<str>,
    (account, id): (AccountId, CertificateId),
    policies: PolicySet,
    things: Vec<AttachedThing>,
    parsed: Parsed,
) -> Principal {
    Principal {
        account,
        id: PrincipalId::Certificate(id),
        policies: Arc::new(policies),
        things,
        certificate: Some(parsed.facts),
        region: Arc::clone(region),
        stale: AtomicBool::new(false),
    }
}

/// Default versions of the policies attached to a certificate.
pub(crate) async fn policies(
    catalog: &dyn Catalog,
    account: AccountId,
    id: CertificateId,
) -> Result<PolicySet, IdentityError> {
    policies_of(catalog, account, "cert", &id.to_string()).await
}

/// Default versions of the policies attached to a target of this kind.
pub(crate) async fn policies_of(
    catalog: &dyn Catalog,
    account: AccountId,
    kind: &str,
    target: &str,
) -> Result<PolicySet, IdentityError> {
    let sql = "SELECT p.policy_name, CAST(p.default_version AS TEXT), v.document FROM policy_targets t \
               JOIN policies p ON p.account = t.account AND p.policy_name = t.policy_name \
               JOIN policy_versions v ON v.account = p.account AND v.policy_name = p.policy_name \
               AND v.version = p.default_version \
               WHERE t.account = $1 AND t.target_kind = $2 AND t.target = $3 \
               ORDER BY p.policy_name";
    let args = vec![account.into(), kind.into(), target.into()];
    policy_set(&catalog.read(sql, args).await?)
}

/// Default versions of these policies of the account; one that is not there allows nothing.
pub(crate) async fn policies_by_name(
    catalog: &dyn Catalog,
    account: AccountId,
    names: &[String],
) -> Result<PolicySet, IdentityError> {
    let sql = "SELECT p.policy_name, CAST(p.default_version AS TEXT), v.document FROM policies p \
               JOIN policy_versions v ON v.account = p.account AND v.policy_name = p.policy_name \
               AND v.version = p.default_version WHERE p.account = $1 AND p.policy_name = $2";
    let mut rows = Vec::with_capacity(names.len());
    for name in names {
        let args = vec![account.into(), name.as_str().into()];
        rows.extend(catalog.read(sql, args).await?);
    }
    policy_set(&rows)
}

fn policy_set(rows: &[Row]) -> Result<PolicySet, IdentityError> {
    let named: Result<_, _> = rows.iter().map(policy).collect();
    named.map(PolicySet::new)
}

/// From name, version and document.
fn policy(row: &Row) -> Result<Named, IdentityError> {
    Ok(Named {
        name: row.text(0)?.to_owned(),
        version: Some(row.text(1)?.to_owned()),
        document: documents::parse(row.text(2)?)?,
    })
}

/// The things that a certificate is attached to.
pub(crate) async fn things(
    catalog: &dyn Catalog,
    account: AccountId,
    id: CertificateId,
) -> Result<Vec<AttachedThing>, IdentityError> {
    let sql = "SELECT t.thing_name, t.thing_type, t.attributes, a.attachment \
               FROM thing_principals a \
               JOIN things t ON t.account = a.account AND t.thing_name = a.thing_name \
               WHERE a.account = $1 AND a.certificate_id = $2 ORDER BY t.thing_name";
    let rows = catalog
        .read(sql, vec![account.into(), id.to_string().into()])
        .await?;
    rows.iter().map(attached).collect()
}

/// The thing of this name, as one attached; none if it is not there.
pub(crate) async fn thing_named(
    catalog: &dyn Catalog,
    account: AccountId,
    name: &str,
) -> Result<Vec<AttachedThing>, IdentityError> {
    let sql = "SELECT thing_name, thing_type, attributes, 'NON_EXCLUSIVE_THING' FROM things \
               WHERE account = $1 AND thing_name = $2";
    let rows = catalog.read(sql, vec![account.into(), name.into()]).await?;
    rows.iter().map(attached).collect()
}

/// From name, type, attributes and kind of attachment.
fn attached(row: &Row) -> Result<AttachedThing, IdentityError> {
    let attributes: std::collections::BTreeMap<String, String> = serde_json::from_str(row.text(2)?)
        .map_err(|_| IdentityError::Invalid("stored thing attributes".into()))?;
    Ok(AttachedThing {
        name: row.text(0)?.to_owned(),
        thing_type: row.text_or_null(1)?.map(str::to_owned),
        attributes: attributes.into_iter().collect(),
        exclusive: row.text(3)? == "EXCLUSIVE_THING",
    })
}
