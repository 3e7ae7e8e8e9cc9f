// SPDX-License-Identifier: Apache-2.0
//! Principals that are known by a key, a session or a password: what proves them, and what they may.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use hw_kernel::admission::{NamedPrincipal, Principal, PrincipalId};
use hw_kernel::{Catalog, Refusal};
use hw_model::{AccountId, Timestamp};

use crate::api_keys::{KeyOwner, Role};
use crate::sessions::{self, Session, SessionOwner};
use crate::{IdentityError, mqtt_users, roles};

/// Of an access key (`AKIA…`).
pub fn of_access_key(id: &str) -> NamedPrincipal {
    same(&format!("access-key/{id}"))
}

/// Of an API key (`hw_…`), by its id.
pub fn of_api_key(owner: &KeyOwner) -> NamedPrincipal {
    of_api_key_id(&owner.key_id)
}

/// Of an API key whose id is known to be one.
pub fn of_api_key_id(id: &str) -> NamedPrincipal {
    same(&format!("api-key/{id}"))
}

/// Of a device with a password, for who asks what it may without being it.
pub(crate) fn of_mqtt_user(name: &str) -> NamedPrincipal {
    same(&format!("mqtt-user/{name}"))
}

/// Who may open the admin socket: everything, in this account. It stands in no catalog, and is not
/// looked up again.
pub fn at_admin_socket(account: AccountId, region: &Arc<str>) -> Principal {
    of_role(account, &same("admin/socket"), region, Role::Admin)
}

fn of_role(account: AccountId, named: &NamedPrincipal, region: &Arc<str>, role: Role) -> Principal {
    Principal {
        account,
        id: PrincipalId::Named(named.clone()),
        policies: roles::policies(role),
        things: Vec::new(),
        certificate: None,
        region: region.clone(),
        stale: AtomicBool::new(false),
    }
}

/// Of a session of people's. Its name is its owner's; it ends with the session.
pub fn of_session(session: &Session) -> NamedPrincipal {
    let name = match &session.owner {
        SessionOwner::User(name) => format!("user/{name}"),
        SessionOwner::Key(id) => format!("api-key/{id}"),
        SessionOwner::Link => format!("link/{}", session.id),
    };
    NamedPrincipal {
        name: name.as_str().into(),
        proof: format!("session/{}", session.id).as_str().into(),
    }
}

fn same(text: &str) -> NamedPrincipal {
    let text: Arc<str> = text.into();
    NamedPrincipal {
        name: text.clone(),
        proof: text,
    }
}

/// What a proof is worth now; `Ok(Err(…))` is a refusal.
pub(crate) async fn load(
    catalog: &dyn Catalog,
    region: &Arc<str>,
    now: Timestamp,
    account: AccountId,
    named: &NamedPrincipal,
) -> Result<Result<Principal, Refusal>, IdentityError> {
    let (kind, id) = named.proof.split_once('/').unwrap_or_default();
    let (role, gone) = match kind {
        "mqtt-credential" => {
            return mqtt_users::by_credential(catalog, region, account, named, id).await;
        }
        "mqtt-user" => return mqtt_users::by_name(catalog, region, account, named, id).await,
        "access-key" => (
            access_key(catalog, account, id).await?,
            "access key revoked",
        ),
        "api-key" => (api_key(catalog, account, id).await?, "API key revoked"),
        "session" => (
            sessions::role_of(catalog, now, account, id).await?,
            "session over",
        ),
        _ => (None, "no longer known"),
    };
    let Some(role) = role else {
        return Ok(Err(refuse(account, named, gone.to_owned())));
    };
    Ok(Ok(of_role(account, named, region, role)))
}

/// A refusal of somebody with a name.
pub(crate) fn refuse(account: AccountId, named: &NamedPrincipal, cause: String) -> Refusal {
    Refusal {
        account: Some(account),
        principal: Some(named.name.to_string()),
        cause,
    }
}

async fn access_key(
    catalog: &dyn Catalog,
    account: AccountId,
    id: &str,
) -> Result<Option<Role>, IdentityError> {
    let sql = "SELECT 1 FROM access_keys \
               WHERE account = $1 AND access_key_id = $2 AND status = 'Active'";
    let rows = catalog.read(sql, vec![account.into(), id.into()]).await?;
    Ok(rows.first().map(|_| Role::Admin))
}

async fn api_key(
    catalog: &dyn Catalog,
    account: AccountId,
    id: &str,
) -> Result<Option<Role>, IdentityError> {
    let sql = "SELECT role FROM api_keys \
               WHERE account = $1 AND key_id = $2 AND status = 'Active'";
    let rows = catalog.read(sql, vec![account.into(), id.into()]).await?;
    let role = rows.first().map(|row| row.text(0).map(Role::stored));
    Ok(role.transpose()?)
}
