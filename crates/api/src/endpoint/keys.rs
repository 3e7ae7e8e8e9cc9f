// SPDX-License-Identifier: Apache-2.0
//! `POST /api/v1/keys`: an API key, and for admins also an AWS access key, whole, this one time.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hw_identity::api_keys::Role;
use hw_kernel::Event;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::auth::{Admin, Door};
use crate::error::ApiError;
use crate::input;
use crate::limits::LABEL_CHARS_MAX;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// What people call it.
    label: String,
    role: WantedRole,
}

/// A role, as it is written in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
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

/// An access key may do everything, so that a reader gets none: the fields are null.
pub(crate) async fn create(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    input::Json(wanted): input::Json<Wanted>,
) -> Result<Json<Value>, ApiError> {
    let Wanted { label, role } = wanted;
    if label.chars().count() > LABEL_CHARS_MAX || label.chars().any(char::is_control) {
        let rule = format!("`label` has at most {LABEL_CHARS_MAX} characters, none of control");
        return Err(ApiError::invalid(rule));
    }
    let (identity, account) = (&door.deps.identity, caller.account);
    let role = Role::from(role);
    let api_key = identity.create_api_key(account, &label, role).await?;
    let access = match role {
        Role::Admin => Some(identity.create_access_key(account, &label).await?),
        Role::Read => None,
    };
    let cause = format!("key made: {label:?}, role {}", role.as_str());
    let mut event = Event::new(account, "api", "ok", cause);
    event.principal = Some(caller.name);
    door.deps.events.emit(event);
    Ok(Json(json!({
        "api_key": api_key.expose(),
        "access_key_id": access.as_ref().map(|key| &key.access_key_id),
        "secret_access_key": access.as_ref().map(|key| key.secret_access_key.expose()),
        "region": &*door.deps.region,
        "account": account,
    })))
}
