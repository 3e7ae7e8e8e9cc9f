// SPDX-License-Identifier: Apache-2.0
//! Whether things are there now: their MQTT clients.

use std::collections::HashSet;

use hw_kernel::clients::{ClientRow, ClientsWanted, Presence};
use hw_model::AccountId;
use schemars::JsonSchema;
use serde::Serialize;

use crate::auth::Door;
use crate::endpoint::clients::asked;
use crate::error::ApiError;
use crate::limits::THING_CLIENTS_MAX;
use crate::moment::Moment;

/// An MQTT client of a thing.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ThingClient {
    client_id: String,
    /// `connected`, or `away`: its session waits for it.
    state: &'static str,
    /// Since when it is connected, or away.
    since: Moment,
    /// Where it comes from, while connected.
    address: Option<String>,
}

impl From<ClientRow> for ThingClient {
    fn from(row: ClientRow) -> Self {
        Self {
            client_id: row.client_id,
            state: match row.presence {
                Presence::Connected => "connected",
                Presence::Away => "away",
            },
            since: row.since.into(),
            address: row.address,
        }
    }
}

/// Which of these things have a client that is connected.
pub(in crate::endpoint) async fn connected(
    door: &Door,
    account: AccountId,
    names: &[&str],
) -> Result<HashSet<String>, ApiError> {
    let names: HashSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
    if names.is_empty() {
        return Ok(names);
    }
    asked(door, move |clients| {
        clients.connected_things(account, Some(&names))
    })
    .await
}

/// All things of an account that have a client that is connected.
pub(super) async fn all_connected(
    door: &Door,
    account: AccountId,
) -> Result<HashSet<String>, ApiError> {
    asked(door, move |clients| clients.connected_things(account, None)).await
}

/// Whether a client of a thing is connected, and its first clients by client id.
pub(super) async fn clients_of(
    door: &Door,
    account: AccountId,
    thing: &str,
) -> Result<(bool, Vec<ThingClient>), ApiError> {
    let wanted = ClientsWanted {
        thing: Some(thing.to_owned()),
        max: THING_CLIENTS_MAX,
        ..ClientsWanted::default()
    };
    let page = asked(door, move |clients| clients.clients(account, &wanted)).await?;
    let clients = page.clients.into_iter().map(ThingClient::from).collect();
    Ok((page.connected > 0, clients))
}
