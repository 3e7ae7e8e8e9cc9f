// SPDX-License-Identifier: Apache-2.0
//! What the catalog has of a principal: certificate, policies' default versions, things, and the groups
//! of those with their policies. One read, since it is made after each handshake.

use hw_kernel::Catalog;
use hw_kernel::admission::AttachedThing;
use hw_kernel::port::catalog::Row;
use hw_model::{AccountId, CertificateId};
use hw_policy::{Named, PolicySet};

use crate::{IdentityError, documents};

/// Groups of things, and those above them, with each policy of each, or with nulls. `m` is the
/// membership. SQLite takes the tables of a CROSS JOIN in the order in which they stand.
macro_rules! of_groups {
    ($from:literal, $where:literal) => {
        concat!(
            "SELECT m.thing_name, l.above_name, p.policy_name, \
             CAST(p.default_version AS TEXT), v.document, 'group' FROM ",
            $from,
            " CROSS JOIN thing_group_lines l \
             LEFT JOIN policy_targets g ON g.account = l.account \
             AND g.target_kind = 'thinggroup' AND g.target = l.above_name \
             LEFT JOIN policies p ON p.account = g.account AND p.policy_name = g.policy_name \
             LEFT JOIN policy_versions v ON v.account = p.account \
             AND v.policy_name = p.policy_name AND v.version = p.default_version \
             WHERE l.account = m.account AND l.group_name = m.group_name AND ",
            $where
        )
    };
}

/// The last column says what a row is of.
const OF_CERTIFICATE: &str = concat!(
    "SELECT certificate_pem, status, NULL, NULL, NULL, 'certificate' FROM certificates \
     WHERE account = $1 AND certificate_id = $2 \
     UNION ALL \
     SELECT p.policy_name, CAST(p.default_version AS TEXT), v.document, NULL, NULL, 'policy' \
     FROM policy_targets t \
     JOIN policies p ON p.account = t.account AND p.policy_name = t.policy_name \
     JOIN policy_versions v ON v.account = p.account AND v.policy_name = p.policy_name \
     AND v.version = p.default_version \
     WHERE t.account = $1 AND t.target_kind = 'cert' AND t.target = $2 \
     UNION ALL \
     SELECT t.thing_name, t.thing_type, t.attributes, a.attachment, NULL, 'thing' \
     FROM thing_principals a \
     JOIN things t ON t.account = a.account AND t.thing_name = a.thing_name \
     WHERE a.account = $1 AND a.certificate_id = $2 \
     UNION ALL ",
    of_groups!(
        "thing_principals a CROSS JOIN thing_group_members m",
        "m.account = a.account AND m.thing_name = a.thing_name \
         AND a.account = $1 AND a.certificate_id = $2"
    ),
    " ORDER BY 6, 1, 2, 3"
);

/// A thing as one that is attached, and its groups.
const OF_THING: &str = concat!(
    "SELECT thing_name, thing_type, attributes, 'NON_EXCLUSIVE_THING', NULL, 'thing' FROM things \
     WHERE account = $1 AND thing_name = $2 \
     UNION ALL ",
    of_groups!(
        "thing_group_members m",
        "m.account = $1 AND m.thing_name = $2"
    ),
    " ORDER BY 6, 1, 2, 3"
);

/// A certificate with all that is attached to it.
pub(crate) struct Stored {
    /// PEM.
    pub pem: String,
    /// Its status.
    pub status: String,
    /// Policies that are attached to itself.
    pub policies: PolicySet,
    /// By name.
    pub things: Vec<AttachedThing>,
}

/// A certificate of the account.
pub(crate) async fn certificate(
    catalog: &dyn Catalog,
    account: AccountId,
    id: CertificateId,
) -> Result<Option<Stored>, IdentityError> {
    let args = vec![account.into(), id.to_string().into()];
    let rows = catalog.read(OF_CERTIFICATE, args).await?;
    let certificate = of_part(&rows, "certificate").next();
    let Some(certificate) = certificate else {
        return Ok(None);
    };
    let policies: Result<_, _> = of_part(&rows, "policy").map(|row| policy(row, 0)).collect();
    Ok(Some(Stored {
        pem: certificate.text(0)?.to_owned(),
        status: certificate.text(1)?.to_owned(),
        policies: PolicySet::new(policies?),
        things: things(&rows)?,
    }))
}

/// The thing of this name, as one attached; none if it is not there.
pub(crate) async fn thing_named(
    catalog: &dyn Catalog,
    account: AccountId,
    name: &str,
) -> Result<Vec<AttachedThing>, IdentityError> {
    let args = vec![account.into(), name.into()];
    things(&catalog.read(OF_THING, args).await?)
}

fn of_part<'a>(rows: &'a [Row], part: &'a str) -> impl Iterator<Item = &'a Row> {
    rows.iter()
        .filter(move |row| row.text(5).is_ok_and(|of| of == part))
}

/// From name, version and document, beginning at a column.
pub(super) fn policy(row: &Row, from: usize) -> Result<Named, IdentityError> {
    Ok(Named {
        name: row.text(from)?.to_owned(),
        version: Some(row.text(from + 1)?.to_owned()),
        document: documents::parse(row.text(from + 2)?)?,
    })
}

fn things(rows: &[Row]) -> Result<Vec<AttachedThing>, IdentityError> {
    let thing = |row: &Row| {
        let name = row.text(0)?;
        let groups =
            of_part(rows, "group").filter(|group| group.text(0).is_ok_and(|of| of == name));
        attached(row, &groups.collect::<Vec<_>>())
    };
    of_part(rows, "thing").map(thing).collect()
}

/// From name, type, attributes and kind of attachment, and the rows of its groups.
fn attached(row: &Row, of_groups: &[&Row]) -> Result<AttachedThing, IdentityError> {
    let attributes: std::collections::BTreeMap<String, String> = serde_json::from_str(row.text(2)?)
        .map_err(|_| IdentityError::Invalid("stored thing attributes".into()))?;
    let (mut groups, mut policies) = (Vec::<String>::new(), Vec::<Named>::new());
    for row in of_groups {
        let group = row.text(1)?;
        if groups.last().is_none_or(|known| known != group) {
            groups.push(group.to_owned());
        }
        let name = row.text_or_null(2)?;
        if name.is_some_and(|name| policies.iter().all(|known| known.name != name)) {
            policies.push(policy(row, 2)?);
        }
    }
    Ok(AttachedThing {
        name: row.text(0)?.to_owned(),
        thing_type: row.text_or_null(1)?.map(str::to_owned),
        attributes: attributes.into_iter().collect(),
        exclusive: row.text(3)? == "EXCLUSIVE_THING",
        groups,
        // Most things have none: the empty set is one for all.
        policies: match policies.is_empty() {
            true => PolicySet::default(),
            false => PolicySet::new(policies),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An account may have a hundred thousand of everything.
    #[tokio::test]
    async fn no_look_up_reads_all_that_an_account_has() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite://{}", folder.path().join("catalog.db").display());
        let catalog = hw_catalog::open_url(&url).await.expect("a catalog");
        for sql in [OF_CERTIFICATE, OF_THING] {
            let plan: &'static str = format!("EXPLAIN QUERY PLAN {sql}").leak();
            let args = vec!["000000000001".into(), "x".into()];
            let rows = catalog.read(plan, args).await.expect("a plan");
            let steps: Vec<_> = rows.iter().filter_map(|row| row.text(3).ok()).collect();
            let reads: Vec<_> = steps.iter().filter(|s| s.contains("(account=?")).collect();
            assert!(reads.len() >= 6, "{steps:?}");
            for step in &steps {
                let all = step.contains("(account=?)") || step.starts_with("SCAN");
                assert!(!all, "{steps:?}");
            }
        }
    }
}
