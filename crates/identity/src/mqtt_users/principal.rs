// SPDX-License-Identifier: Apache-2.0
//! Who a device with a password is, and what it may.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use hw_kernel::admission::{NamedPrincipal, Principal, PrincipalId};
use hw_kernel::{Catalog, Refusal};
use hw_model::AccountId;

use crate::principal::{policies_of, thing_named};
use crate::{IdentityError, named};

/// Of a credential, if it is one still; `Ok(Err(…))` is a refusal.
pub(crate) async fn by_credential(
    catalog: &dyn Catalog,
    region: &Arc<str>,
    account: AccountId,
    named: &NamedPrincipal,
    credential: &str,
) -> Result<Result<Principal, Refusal>, IdentityError> {
    let sql = "SELECT user_name, thing_name FROM mqtt_users \
               WHERE account = $1 AND credential_id = $2";
    compose(catalog, region, account, named, (sql, credential)).await
}

/// Of a name, for who asks what it may without being it.
pub(crate) async fn by_name(
    catalog: &dyn Catalog,
    region: &Arc<str>,
    account: AccountId,
    named: &NamedPrincipal,
    name: &str,
) -> Result<Result<Principal, Refusal>, IdentityError> {
    let sql = "SELECT user_name, thing_name FROM mqtt_users \
               WHERE account = $1 AND user_name = $2";
    compose(catalog, region, account, named, (sql, name)).await
}

async fn compose(
    catalog: &dyn Catalog,
    region: &Arc<str>,
    account: AccountId,
    named: &NamedPrincipal,
    (sql, key): (&'static str, &str),
) -> Result<Result<Principal, Refusal>, IdentityError> {
    let rows = catalog.read(sql, vec![account.into(), key.into()]).await?;
    let Some(row) = rows.first() else {
        let gone = "MQTT user deleted, or its password changed";
        return Ok(Err(named::refuse(account, named, gone.to_owned())));
    };
    let things = match row.text_or_null(1)? {
        Some(thing) => thing_named(catalog, account, thing).await?,
        None => Vec::new(),
    };
    let policies = policies_of(catalog, account, "mqtt-user", row.text(0)?).await?;
    Ok(Ok(Principal {
        account,
        id: PrincipalId::Named(named.clone()),
        policies: Arc::new(policies),
        things,
        certificate: None,
        region: region.clone(),
        stale: AtomicBool::new(false),
    }))
}
