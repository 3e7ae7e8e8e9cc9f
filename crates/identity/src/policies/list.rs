// SPDX-License-Identifier: Apache-2.0
//! Policies by the time they were made: of an account, and of a principal.

use hw_kernel::port::catalog::{Row, Value};
use hw_model::{AccountId, CertificateId};

use crate::page::{ByCreation, Page, Place, limit};
use crate::{Identity, IdentityError};

impl Identity {
    /// A page of the account's policies, by name.
    pub async fn policies(
        &self,
        account: AccountId,
        by: &ByCreation,
    ) -> Result<Page<String, Place>, IdentityError> {
        let sql = if by.ascending {
            "SELECT policy_name, created_us FROM policies \
             WHERE account = $1 AND created_us >= $2 \
             AND (created_us > $2 OR policy_name > $3) \
             ORDER BY created_us, policy_name LIMIT $4"
        } else {
            "SELECT policy_name, created_us FROM policies \
             WHERE account = $1 AND created_us <= $2 \
             AND (created_us < $2 OR policy_name < $3) \
             ORDER BY created_us DESC, policy_name DESC LIMIT $4"
        };
        self.page_by_creation(sql, by, vec![account.into()]).await
    }

    /// A page of the policies attached to a certificate.
    pub async fn policies_of(
        &self,
        account: AccountId,
        certificate: CertificateId,
        by: &ByCreation,
    ) -> Result<Page<String, Place>, IdentityError> {
        self.certificate(account, certificate).await?;
        let sql = if by.ascending {
            "SELECT p.policy_name, p.created_us FROM policy_targets t \
             JOIN policies p ON p.account = t.account AND p.policy_name = t.policy_name \
             WHERE t.account = $1 AND t.target_kind = 'cert' AND t.target = $5 \
             AND p.created_us >= $2 \
             AND (p.created_us > $2 OR p.policy_name > $3) \
             ORDER BY p.created_us, p.policy_name LIMIT $4"
        } else {
            "SELECT p.policy_name, p.created_us FROM policy_targets t \
             JOIN policies p ON p.account = t.account AND p.policy_name = t.policy_name \
             WHERE t.account = $1 AND t.target_kind = 'cert' AND t.target = $5 \
             AND p.created_us <= $2 \
             AND (p.created_us < $2 OR p.policy_name < $3) \
             ORDER BY p.created_us DESC, p.policy_name DESC LIMIT $4"
        };
        let args = vec![account.into(), certificate.to_string().into()];
        self.page_by_creation(sql, by, args).await
    }

    /// A page of the principals that have a policy, by the time they were registered.
    pub async fn principals_of(
        &self,
        account: AccountId,
        policy: &str,
        by: &ByCreation,
    ) -> Result<Page<String, Place>, IdentityError> {
        self.policy(account, policy).await?;
        let sql = if by.ascending {
            "SELECT t.target, c.created_us FROM policy_targets t \
             JOIN certificates c ON c.account = t.account AND c.certificate_id = t.target \
             WHERE t.account = $1 AND t.target_kind = 'cert' AND t.policy_name = $5 \
             AND c.created_us >= $2 \
             AND (c.created_us > $2 OR t.target > $3) \
             ORDER BY c.created_us, t.target LIMIT $4"
        } else {
            "SELECT t.target, c.created_us FROM policy_targets t \
             JOIN certificates c ON c.account = t.account AND c.certificate_id = t.target \
             WHERE t.account = $1 AND t.target_kind = 'cert' AND t.policy_name = $5 \
             AND c.created_us <= $2 \
             AND (c.created_us < $2 OR t.target < $3) \
             ORDER BY c.created_us DESC, t.target DESC LIMIT $4"
        };
        let args = vec![account.into(), policy.into()];
        self.page_by_creation(sql, by, args).await
    }

    /// Runs a list whose arguments are account, place ($2, $3), limit ($4) and what is left of
    /// `args` behind the account.
    async fn page_by_creation(
        &self,
        sql: &'static str,
        by: &ByCreation,
        mut args: Vec<Value>,
    ) -> Result<Page<String, Place>, IdentityError> {
        let place = by.place();
        let paging = [
            place.created_us.into(),
            place.name.into(),
            limit(by.count).into(),
        ];
        args.splice(1..1, paging);
        let rows = self.catalog.read(sql, args).await?;
        let read = |row: &Row| -> Result<(String, i64), IdentityError> {
            Ok((row.text(0)?.to_owned(), row.int(1)?))
        };
        let items = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let page = Page::cut(items, by.count, |(name, created_us)| Place {
            created_us: *created_us,
            name: name.clone(),
        });
        Ok(Page {
            items: page.items.into_iter().map(|(name, _)| name).collect(),
            next: page.next,
        })
    }
}
