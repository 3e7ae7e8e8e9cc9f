// SPDX-License-Identifier: Apache-2.0
//! Lists of things by whether they are there: what decides is known by name, before a thing is read.

use std::collections::{HashMap, HashSet};

use hw_model::AccountId;
use schemars::JsonSchema;
use serde::Deserialize;

use super::connected::all_connected;
use crate::auth::Door;
use crate::by_thing::{AsOf, Asked};
use crate::error::ApiError;

/// Whether a thing is there.
#[derive(Deserialize, JsonSchema, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WantedPresence {
    /// One of its MQTT clients is connected.
    Connected,
    /// None is, but it has published before.
    Offline,
    /// None is, and no message of it was kept.
    Never,
}

/// Says of a name whether its thing is wanted.
pub(in crate::endpoint) type Keep = Box<dyn Fn(&str) -> bool + Send + Sync>;

/// What lets those things through that are there as it is wanted.
pub(in crate::endpoint) async fn filter(
    door: &Door,
    account: AccountId,
    wanted: Option<WantedPresence>,
) -> Result<Keep, ApiError> {
    let Some(wanted) = wanted else {
        return Ok(Box::new(|_| true));
    };
    let there: HashSet<String> = all_connected(door, account).await?;
    let by_things = &door.deps.state.by_things;
    let heard = match wanted {
        WantedPresence::Connected => HashMap::new(),
        WantedPresence::Offline | WantedPresence::Never => {
            by_things
                .of(door, account, Asked::Heard, None, AsOf::Now)
                .await?
        }
    };
    Ok(Box::new(move |name| {
        let (is_there, spoke) = (there.contains(name), heard.contains_key(name));
        match wanted {
            WantedPresence::Connected => is_there,
            WantedPresence::Offline => !is_there && spoke,
            WantedPresence::Never => !is_there && !spoke,
        }
    }))
}
