// SPDX-License-Identifier: Apache-2.0
//! `POST /api/v1/links`: a link that signs its first opener in and shows a page of this site.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::keys::WantedRole;
use crate::auth::{Admin, Caller, Door, Link, LinkPath};
use crate::error::ApiError;
use crate::input;
use crate::limits::LINK_SPAN;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    path: String,
    /// What its opener may do. The page needs to read, so that is what a lost link gives away.
    #[serde(default = "read")]
    role: WantedRole,
}

fn read() -> WantedRole {
    WantedRole::Read
}

pub(crate) async fn create(
    State(door): State<Arc<Door>>,
    Admin(admin): Admin,
    input::Json(wanted): input::Json<Wanted>,
) -> Result<Json<Value>, ApiError> {
    let path = LinkPath::parse(&wanted.path)?;
    let caller = Caller {
        account: admin.account,
        role: wanted.role.into(),
        name: "one-time link".to_owned(),
    };
    let link = Link { path, caller };
    let token = door.deps.state.links.make(link, door.now())?;
    Ok(Json(json!({
        "path": format!("/open/{token}"),
        "valid_seconds": LINK_SPAN.as_secs(),
    })))
}
