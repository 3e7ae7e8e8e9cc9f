// SPDX-License-Identifier: Apache-2.0
//! `/api/v1/clients`: who is connected and whose session waits, and how one is sent away.

mod shown;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hw_kernel::clients::{Clients, ClientsWanted, KickError, Order, Presence};
use hw_model::ErrorKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::auth::{Admin, Caller, Door};
use crate::described::{Answer, Operation, fields};
use crate::error::ApiError;
use crate::input::{Arguments, Path, page_rows};
use shown::{ClientList, ClientShown, ListedClient};

/// Which clients to list; all that is named must fit.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// What the client id begins with.
    #[serde(default)]
    prefix: String,
    /// A word in the client id or the thing's name, in any case.
    search: Option<String>,
    /// Connected, or away with a session that is kept.
    state: Option<WantedState>,
    /// `client_id`, or `behind`: those first that are owed most messages and have most bytes
    /// unread; then there is one page.
    #[serde(default)]
    sort: Sort,
    /// At most so many clients: 1 to 1,000; 100 if it is left out.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum WantedState {
    Connected,
    Away,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Sort {
    #[default]
    ClientId,
    Behind,
}

/// How it is described.
pub(crate) const LIST: Operation = Operation {
    id: "list_clients",
    tag: "broker",
    summary: "List MQTT clients: those that are connected, and those that are away with a session",
    query: Some(fields::<Wanted>),
    answers: &[Answer::json::<ClientList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn list(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Arguments(wanted): Arguments<Wanted>,
) -> Result<Json<ClientList>, ApiError> {
    let behind = wanted.sort == Sort::Behind;
    if behind && wanted.after.is_some() {
        let message = "`after` goes with `sort=client_id`: by `behind` there is one page";
        return Err(ApiError::invalid(message));
    }
    let wanted = ClientsWanted {
        prefix: wanted.prefix,
        contains: wanted.search,
        presence: wanted.state.map(|state| match state {
            WantedState::Connected => Presence::Connected,
            WantedState::Away => Presence::Away,
        }),
        order: if behind {
            Order::Behind
        } else {
            Order::ClientId
        },
        after: wanted.after,
        max: page_rows(wanted.limit)? as usize,
        thing: None,
    };
    let page = asked(&door, move |clients| {
        clients.clients(caller.account, &wanted)
    });
    let page = page.await?;
    let last = page.clients.last().map(|row| row.client_id.clone());
    Ok(Json(ClientList {
        connected: page.connected,
        away: page.away,
        clients: page.clients.into_iter().map(ListedClient::from).collect(),
        next: last.filter(|_| page.more && !behind),
    }))
}

/// How it is described.
pub(crate) const ONE: Operation = Operation {
    id: "get_client",
    tag: "broker",
    summary: "A client: its connection, subscriptions, session, will, and what it is owed",
    path: &[("id", "Client id")],
    answers: &[Answer::json::<ClientShown>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn one(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<ClientShown>, ApiError> {
    let wanted = id.clone();
    let found = asked(&door, move |clients| {
        clients.client(caller.account, &wanted)
    });
    let found = found.await?.ok_or_else(|| nobody(&id))?;
    Ok(Json(found.into()))
}

/// What to end.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ending {
    /// `keep`, or `end`: its subscriptions and all that it is owed are gone for good.
    #[serde(default)]
    session: Session,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Session {
    #[default]
    Keep,
    End,
}

/// What was ended.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Ended {
    /// A connection was cut.
    connection: bool,
    /// A session ended.
    session: bool,
}

/// How it is described.
pub(crate) const KICK: Operation = Operation {
    id: "kick_client",
    tag: "broker",
    summary: "Cut a client's connection, and end its session if that is wanted",
    description: "MQTT 5 is told 0x98 (Administrative action); the will is published. Nothing keeps the client from coming back: for that, set its certificate INACTIVE.",
    path: &[("id", "Client id")],
    query: Some(fields::<Ending>),
    answers: &[Answer::json::<Ended>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn kick(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    Path(id): Path<String>,
    Arguments(ending): Arguments<Ending>,
) -> Result<Json<Ended>, ApiError> {
    let (wanted, by, account) = (id.clone(), caller.maker(), caller.account);
    let end = ending.session == Session::End;
    let kicked = asked(&door, move |clients| {
        clients.kick(account, &wanted, &by, end)
    });
    let kicked = kicked.await?.map_err(|error| match error {
        KickError::Nobody => nobody(&id),
        KickError::NotStored(_) => ApiError::new(ErrorKind::Full, error.to_string()),
    })?;
    let what = match (kicked.connection, kicked.session) {
        (true, true) => "disconnected and its session ended",
        (true, false) => "disconnected",
        (false, _) => "away: its session ended",
    };
    door.done(&caller, format!("client {id:?} {what}"));
    Ok(Json(Ended {
        connection: kicked.connection,
        session: kicked.session,
    }))
}

fn nobody(id: &str) -> ApiError {
    let message = format!("no client {id:?} is connected or has a session");
    ApiError::new(ErrorKind::NotFound, message)
}

/// Asks where blocking is allowed: the answer waits for a turn of a shard.
pub(super) async fn asked<T: Send + 'static>(
    door: &Door,
    ask: impl FnOnce(&dyn Clients) -> T + Send + 'static,
) -> Result<T, ApiError> {
    let clients = door.deps.clients.clone();
    let asked = tokio::task::spawn_blocking(move || ask(&*clients)).await;
    asked.map_err(|error| {
        tracing::error!(%error, "clients could not be asked for");
        ApiError::new(ErrorKind::Internal, "internal error")
    })
}
