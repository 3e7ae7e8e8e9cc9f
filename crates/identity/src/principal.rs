// SPDX-License-Identifier: Apache-2.0
//! Loads a principal whole from the catalog: certificate, policies, things.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use hw_kernel::admission::{AttachedThing, Principal, PrincipalId};
use hw_kernel::{Catalog, Refusal};
use hw_model::{AccountId, CertificateId, Timestamp};
use hw_policy::{Document, Named, PolicySet};

use crate::certificate_facts::Parsed;
use crate::{IdentityError, certificate_facts};

/// Accounts that a certificate is registered in, with its mode there: first those that know its
/// CA, then by the time they registered it.
pub(crate) async fn registrations(
    catalog: &dyn Catalog,
    id: CertificateId,
) -> Result<Vec<(AccountId, String)>, IdentityError> {
    let sql = "SELECT account, mode FROM certificates WHERE certificate_id = $1 \
               ORDER BY CASE WHEN mode = 'DEFAULT' THEN 0 ELSE 1 END, created_us, account";
    let rows = catalog.read(sql, vec![id.to_string().into()]).await?;
    let parse = |text: &str| {
        text.parse()
            .map_err(|_| IdentityError::Invalid(format!("stored account {text}")))
    };
    rows.iter()
        .map(|row| Ok((parse(row.text(0)?)?, row.text(1)?.to_owned())))
        .collect()
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
    let sql = "SELECT certificate_pem, status FROM certificates \
               WHERE account = $1 AND certificate_id = $2";
    let args = || vec![account.into(), id.to_string().into()];
    let rows = catalog.read(sql, args()).await?;
    let Some(row) = rows.first() else {
        return Ok(Err(refuse(None, id, "certificate unknown".into())));
    };
    let no = |cause: String| Ok(Err(refuse(Some(account), id, cause)));
    if row.text(1)? != "ACTIVE" {
        return no(format!("certificate {}", row.text(1)?));
    }
    let parsed = stored(id, row.text(0)?)?;
    if now < parsed.not_before {
        return no("certificate not valid yet".into());
    }
    if now > parsed.not_after {
        return no("certificate expired".into());
    }
    let policies = policies(catalog, account, id).await?;
    compose(catalog, region, (account, id), policies, parsed)
        .await
        .map(Ok)
}

/// What a stored certificate says.
pub(crate) fn stored(id: CertificateId, pem: &str) -> Result<Parsed, IdentityError> {
    let (_, pem) = x509_parser::pem::parse_x509_pem(pem.as_bytes())
        .map_err(|_| IdentityError::Invalid(format!("the stored certificate {id} is not PEM")))?;
    certificate_facts::parse(&pem.contents)
}

/// A principal with these policies, whether or not it may connect.
pub(crate) async fn compose(
    catalog: &dyn Catalog,
    region: &Arc<str>,
    (account, id): (AccountId, CertificateId),
    policies: PolicySet,
    parsed: Parsed,
) -> Result<Principal, IdentityError> {
    Ok(Principal {
        account,
        id: PrincipalId::Certificate(id),
        policies: Arc::new(policies),
        things: things(catalog, account, id).await?,
        certificate: Some(parsed.facts),
        region: Arc::clone(region),
        stale: AtomicBool::new(false),
    })
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
    let sql = "SELECT p.policy_name, p.default_version, v.document FROM policy_targets t \
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
    let sql = "SELECT p.policy_name, p.default_version, v.document FROM policies p \
               JOIN policy_versions v ON v.account = p.account AND v.policy_name = p.policy_name \
               AND v.version = p.default_version WHERE p.account = $1 AND p.policy_name = $2";
    let mut rows = Vec::with_capacity(names.len());
    for name in names {
        let args = vec![account.into(), name.as_str().into()];
        rows.extend(catalog.read(sql, args).await?);
    }
    policy_set(&rows)
}

fn policy_set(rows: &[hw_kernel::port::catalog::Row]) -> Result<PolicySet, IdentityError> {
    let mut named = Vec::with_capacity(rows.len());
    for row in rows {
        let document = Document::parse(row.text(2)?)
            .map_err(|error| IdentityError::MalformedPolicy(error.to_string()))?;
        let version = Some(row.int(1)?.to_string());
        named.push(Named {
            name: row.text(0)?.to_owned(),
            version,
            document: Arc::new(document),
        });
    }
    Ok(PolicySet::new(named))
}

async fn things(
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

fn attached(row: &hw_kernel::port::catalog::Row) -> Result<AttachedThing, IdentityError> {
    let attributes: std::collections::BTreeMap<String, String> = serde_json::from_str(row.text(2)?)
        .map_err(|_| IdentityError::Invalid("stored thing attributes".into()))?;
    Ok(AttachedThing {
        name: row.text(0)?.to_owned(),
        thing_type: row.text_or_null(1)?.map(str::to_owned),
        attributes: attributes.into_iter().collect(),
        exclusive: row.text(3)? == "EXCLUSIVE_THING",
    })
}
