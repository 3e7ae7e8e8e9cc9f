// SPDX-License-Identifier: Apache-2.0
//! Loads a principal whole from the catalog: certificate, policies, things and their groups.

mod stored;

pub(crate) use stored::thing_named;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use hw_kernel::admission::{Principal, PrincipalId};
use hw_kernel::port::catalog::Row;
use hw_kernel::{Catalog, Refusal};
use hw_model::{AccountId, CertificateId, Timestamp};
use hw_policy::PolicySet;

use crate::certificate_facts::Parsed;
use crate::{IdentityError, certificate_facts};
use stored::Stored;

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

/// Loads the principal; `Ok(Err(…))` is a refusal, `Err` a fault of the catalog.
pub(crate) async fn load(
    catalog: &dyn Catalog,
    region: &Arc<str>,
    now: Timestamp,
    account: AccountId,
    id: CertificateId,
) -> Result<Result<Principal, Refusal>, IdentityError> {
    let Some(found) = stored::certificate(catalog, account, id).await? else {
        return Ok(Err(refuse(None, id, "certificate unknown".into())));
    };
    let no = |cause: String| Ok(Err(refuse(Some(account), id, cause)));
    if found.status != "ACTIVE" {
        return no(format!("certificate {}", found.status));
    }
    let parsed = facts(id, &found.pem)?;
    if now < parsed.not_before {
        return no("certificate not valid yet".into());
    }
    if now > parsed.not_after {
        return no("certificate expired".into());
    }
    Ok(Ok(compose(region, (account, id), found, parsed)))
}

/// The principal, whether or not it may connect; `None` if there is no such certificate.
pub(crate) async fn whatever_its_status(
    catalog: &dyn Catalog,
    region: &Arc<str>,
    account: AccountId,
    id: CertificateId,
) -> Result<Option<Principal>, IdentityError> {
    let Some(found) = stored::certificate(catalog, account, id).await? else {
        return Ok(None);
    };
    let parsed = facts(id, &found.pem)?;
    Ok(Some(compose(region, (account, id), found, parsed)))
}

/// What a stored certificate says.
fn facts(id: CertificateId, pem: &str) -> Result<Parsed, IdentityError> {
    let (_, pem) = x509_parser::pem::parse_x509_pem(pem.as_bytes())
        .map_err(|_| IdentityError::Invalid(format!("the stored certificate {id} is not PEM")))?;
    certificate_facts::parse(&pem.contents)
}

fn compose(
    region: &Arc<str>,
    (account, id): (AccountId, CertificateId),
    found: Stored,
    parsed: Parsed,
) -> Principal {
    Principal {
        account,
        id: PrincipalId::Certificate(id),
        policies: Arc::new(found.policies),
        things: found.things,
        certificate: Some(parsed.facts),
        region: Arc::clone(region),
        stale: AtomicBool::new(false),
    }
}

/// Default versions of the policies attached to a target of this kind.
pub(crate) async fn policies_of(
    catalog: &dyn Catalog,
    account: AccountId,
    kind: &str,
    target: &str,
) -> Result<PolicySet, IdentityError> {
    let sql = "SELECT p.policy_name, CAST(p.default_version AS TEXT), v.document \
               FROM policy_targets t CROSS JOIN policies p CROSS JOIN policy_versions v \
               WHERE t.account = $1 AND t.target_kind = $2 AND t.target = $3 \
               AND p.account = t.account AND p.policy_name = t.policy_name \
               AND v.account = p.account AND v.policy_name = p.policy_name \
               AND v.version = p.default_version ORDER BY p.policy_name";
    let args = vec![account.into(), kind.into(), target.into()];
    policy_set(&catalog.read(sql, args).await?)
}

/// Default versions of the policies that are attached to a group or to one above it, each once.
pub(crate) async fn policies_of_group(
    catalog: &dyn Catalog,
    account: AccountId,
    group: &str,
) -> Result<PolicySet, IdentityError> {
    let sql = "SELECT p.policy_name, CAST(p.default_version AS TEXT), v.document FROM policies p \
               JOIN policy_versions v ON v.account = p.account AND v.policy_name = p.policy_name \
               AND v.version = p.default_version \
               WHERE p.account = $1 AND p.policy_name IN (SELECT t.policy_name \
                FROM thing_group_lines l JOIN policy_targets t ON t.account = l.account \
                AND t.target_kind = 'thinggroup' AND t.target = l.above_name \
                WHERE l.account = $1 AND l.group_name = $2) \
               ORDER BY p.policy_name";
    let args = vec![account.into(), group.into()];
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
    let named: Result<_, _> = rows.iter().map(|row| stored::policy(row, 0)).collect();
    named.map(PolicySet::new)
}
