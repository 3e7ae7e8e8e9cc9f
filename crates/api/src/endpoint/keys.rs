// SPDX-License-Identifier: Apache-2.0
//! `/api/v1/keys`: lists, makes and revokes keys. A key sees, makes and revokes only itself and
//! those it made: what else there is belongs to others.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use hw_identity::api_keys::Role;
use hw_identity::key_list::ListedKey;
use hw_model::ErrorKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::auth::{Admin, Caller, Door, Who};
use crate::described::{Answer, Operation, wanted};
use crate::error::ApiError;
use crate::input::{self, Path};
use crate::limits::LABEL_CHARS_MAX;
use crate::moment::Moment;

/// A key to make.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    /// What people call it; at most 128 characters.
    #[schemars(
        length(max = 128),
        regex(pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")
    )]
    label: String,
    role: WantedRole,
}

/// What somebody may do: `admin` everything in the account, `read` query and watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WantedRole {
    Admin,
    Read,
}

impl From<WantedRole> for Role {
    fn from(role: WantedRole) -> Self {
        match role {
            WantedRole::Admin => Role::Admin,
            WantedRole::Read => Role::Read,
        }
    }
}

/// Keys that were made, whole, this one time.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MadeKeys {
    /// For this API, SQL and PostgreSQL clients.
    api_key: String,
    /// For AWS clients; null for keys that only read.
    access_key_id: Option<String>,
    secret_access_key: Option<String>,
    /// AWS region of this server.
    region: String,
    account: String,
}

/// A key without its secret.
#[derive(Serialize, JsonSchema)]
pub(crate) struct KeyEntry {
    id: String,
    /// `api` for this API, SQL and PostgreSQL clients; `access` for AWS clients.
    kind: &'static str,
    label: String,
    role: &'static str,
    /// `user NAME`, `key ID` or `admin socket`.
    made_by: Option<String>,
    created: Moment,
    /// To ten minutes.
    last_used: Option<Moment>,
}

/// Keys.
#[derive(Serialize, JsonSchema)]
pub(crate) struct KeyList {
    /// The newest first.
    keys: Vec<KeyEntry>,
}

impl From<ListedKey> for KeyEntry {
    fn from(key: ListedKey) -> Self {
        Self {
            id: key.id,
            kind: key.kind.as_str(),
            label: key.label,
            role: key.role.as_str(),
            made_by: key.made_by,
            created: key.created.into(),
            last_used: key.last_used.map(Moment::from),
        }
    }
}

/// Whether a key is the caller's to see and revoke.
fn is_own(caller: &Caller, key: &ListedKey) -> bool {
    let own_id = matches!(&caller.who, Who::Key { id, .. } if *id == key.id);
    let made = match caller.who {
        Who::Link => false,
        _ => key.made_by.as_deref() == Some(caller.maker().as_str()),
    };
    caller.is_person() || own_id || made
}

/// How it is described.
pub(crate) const LIST: Operation = Operation {
    id: "list_keys",
    tag: "people",
    summary: "List keys",
    description: "To an administrator in person all of the account; to a key itself and those that it made.",
    answers: &[Answer::json::<KeyList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn list(
    State(door): State<Arc<Door>>,
    caller: Caller,
) -> Result<Json<KeyList>, ApiError> {
    let keys = door.deps.identity.keys(caller.account).await?;
    let own = keys.into_iter().filter(|key| is_own(&caller, key));
    let keys = own.map(KeyEntry::from).collect();
    Ok(Json(KeyList { keys }))
}

/// How it is described.
pub(crate) const CREATE: Operation = Operation {
    id: "create_keys",
    tag: "people",
    summary: "Make an API key, and for admins also an AWS access key",
    description: "They are shown whole this one time. A key that another key made ends with that one, and makes none itself.",
    body: Some(wanted::<NewKey>),
    answers: &[Answer::json::<MadeKeys>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn create(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    input::Json(wanted): input::Json<NewKey>,
) -> Result<Json<MadeKeys>, ApiError> {
    if let Who::Link
    | Who::Key {
        made_by_key: true, ..
    } = caller.who
    {
        let message = "keys are made by people, by the admin socket, or by a key that one of them \
                       made";
        return Err(ApiError::new(ErrorKind::Denied, message));
    }
    let NewKey { label, role } = wanted;
    if label.chars().count() > LABEL_CHARS_MAX || label.chars().any(char::is_control) {
        let rule = format!("`label` has at most {LABEL_CHARS_MAX} characters, none of control");
        return Err(ApiError::invalid(rule));
    }
    let (identity, account) = (&door.deps.identity, caller.account);
    let (role, maker) = (Role::from(role), caller.maker());
    let api_key = identity
        .create_api_key(account, &label, role, &maker)
        .await?;
    // An access key may do everything, so that a reader gets none.
    let access = match role {
        Role::Admin => Some(identity.create_access_key(account, &label, &maker).await?),
        Role::Read => None,
    };
    door.done(
        &caller,
        format!("key made: {label:?}, role {}", role.as_str()),
    );
    let (access_key_id, secret_access_key) = access
        .map(|key| (key.access_key_id, key.secret_access_key.expose().clone()))
        .unzip();
    Ok(Json(MadeKeys {
        api_key: api_key.expose().clone(),
        access_key_id,
        secret_access_key,
        region: door.deps.region.to_string(),
        account: account.to_string(),
    }))
}

/// How it is described.
pub(crate) const REVOKE: Operation = Operation {
    id: "revoke_key",
    tag: "people",
    summary: "Revoke a key, those that it made, and their sessions",
    path: &[("id", "As lists show it")],
    answers: &[Answer::empty(204, "Revoked")],
    ..Operation::PLAIN
};

pub(crate) async fn revoke(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let identity = &door.deps.identity;
    let keys = identity.keys(caller.account).await?;
    let own = keys.iter().find(|key| key.id == id && is_own(&caller, key));
    let Some(key) = own else {
        let message = "there is no such key among yours";
        return Err(ApiError::new(ErrorKind::NotFound, message));
    };
    identity.revoke_key(caller.account, &key.id).await?;
    door.done(&caller, format!("key {} ({:?}) revoked", key.id, key.label));
    Ok(StatusCode::NO_CONTENT)
}
