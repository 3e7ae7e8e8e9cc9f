// SPDX-License-Identifier: Apache-2.0
//! The simple protocol: a text of statements, answered one after the other.

use std::fmt::Debug;

use async_trait::async_trait;
use datafusion_postgres::pgwire::api::portal::Format;
use datafusion_postgres::pgwire::api::query::{
    SimpleQueryHandler, send_execution_response, send_query_response, send_ready_for_query,
};
use datafusion_postgres::pgwire::api::results::Response;
use datafusion_postgres::pgwire::api::store::PortalStore;
use datafusion_postgres::pgwire::api::{ClientInfo, ClientPortalStore, PgWireConnectionState};
use datafusion_postgres::pgwire::error::{PgWireError, PgWireResult};
use datafusion_postgres::pgwire::messages::PgWireBackendMessage;
use datafusion_postgres::pgwire::messages::response::EmptyQueryResponse;
use datafusion_postgres::pgwire::messages::simplequery::Query;
use futures::{Sink, SinkExt};

use super::position::placed;
use super::prepared;
use super::state::{self, State};
use crate::statement::Command;

/// Answers texts of statements.
pub(super) struct Simple;

impl Simple {
    /// Begins one statement; its rows are still to come.
    async fn respond<C>(
        client: &mut C,
        state: &State,
        command: Command,
        sql: &str,
    ) -> PgWireResult<Response>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let mut guard = state.guard();
        let prepared =
            prepared::prepare(client, state, command, Vec::new(), &mut guard, sql).await?;
        let format = &Format::UnifiedText;
        prepared::run(client, state, &prepared, Vec::new(), format, guard).await
    }
}

#[async_trait]
impl SimpleQueryHandler for Simple {
    /// Each statement is answered before the next begins, so that an error leaves standing what
    /// came before it.
    async fn on_query<C>(&self, client: &mut C, query: Query) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let state = state::of(client)?;
        client.set_state(PgWireConnectionState::QueryInProgress);
        let sql = query.query.as_str();
        let commands = state.shared.engine.parse(sql).await;
        let commands = commands.map_err(|error| placed(error, sql))?;
        if commands.is_empty() {
            client
                .feed(PgWireBackendMessage::EmptyQueryResponse(
                    EmptyQueryResponse::new(),
                ))
                .await?;
        }
        for command in commands {
            let status = client.transaction_status();
            match Self::respond(client, &state, command, sql).await? {
                Response::Query(rows) => send_query_response(client, rows, true).await?,
                Response::TransactionStart(tag) => {
                    send_execution_response(client, tag).await?;
                    client.set_transaction_status(status.to_in_transaction_state());
                }
                Response::TransactionEnd(tag) => {
                    send_execution_response(client, tag).await?;
                    client.set_transaction_status(status.to_idle_state());
                    state.end_transaction(client.portal_store()).await;
                }
                Response::Execution(tag) => send_execution_response(client, tag).await?,
                // Nothing else is ever made by `respond`.
                _ => return Err(super::fault::protocol("an answer that can't be sent")),
            }
        }
        client.set_state(PgWireConnectionState::ReadyForQuery);
        send_ready_for_query(client, client.transaction_status()).await
    }

    async fn do_query<C>(&self, client: &mut C, query: &str) -> PgWireResult<Vec<Response>>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let state = state::of(client)?;
        let mut responses = Vec::new();
        for command in state.shared.engine.parse(query).await? {
            responses.push(Self::respond(client, &state, command, query).await?);
        }
        Ok(responses)
    }
}
