// SPDX-License-Identifier: Apache-2.0
//! The extended protocol: statements prepared once, run with values, read in portions.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion_postgres::arrow_pg::datatypes::into_pg_type;
use datafusion_postgres::pgwire::api::portal::{Format, Portal, PortalExecutionState};
use datafusion_postgres::pgwire::api::query::{
    ExtendedQueryHandler, send_execution_response, send_partial_query_response,
};
use datafusion_postgres::pgwire::api::results::{FieldInfo, Response, Tag};
use datafusion_postgres::pgwire::api::stmt::{QueryParser, StoredStatement};
use datafusion_postgres::pgwire::api::store::PortalStore;
use datafusion_postgres::pgwire::api::{
    ClientInfo, ClientPortalStore, DEFAULT_NAME, PgWireConnectionState, Type,
};
use datafusion_postgres::pgwire::error::{PgWireError, PgWireResult};
use datafusion_postgres::pgwire::messages::PgWireBackendMessage;
use datafusion_postgres::pgwire::messages::extendedquery::{
    Bind, BindComplete, Close, CloseComplete, Execute, Parse, ParseComplete, Sync as PgSync,
    TARGET_TYPE_BYTE_PORTAL, TARGET_TYPE_BYTE_STATEMENT,
};
use datafusion_postgres::pgwire::messages::response::{
    EmptyQueryResponse, ReadyForQuery, TransactionStatus,
};
use futures::{Sink, SinkExt};

use super::{command, params, rows, state};
use crate::error::QueryError;
use crate::plan::Planned;
use crate::statement::Command;

/// A prepared statement.
#[derive(Debug, Clone)]
pub(super) enum Prepared {
    /// A text without a statement.
    Empty,
    /// A query, planned.
    Query(Planned),
    /// Anything else that is allowed.
    Command(Command),
}

/// Prepares statements.
#[derive(Debug, Default)]
pub(super) struct Preparer;

#[async_trait]
impl QueryParser for Preparer {
    type Statement = Prepared;

    async fn parse_sql<C>(
        &self,
        client: &C,
        sql: &str,
        types: &[Option<Type>],
    ) -> PgWireResult<Prepared>
    where
        C: ClientInfo + Unpin + Send + Sync,
    {
        let state = state::of(client)?;
        let engine = &state.shared.engine;
        let mut commands = engine.parse(sql).await?;
        if commands.len() > 1 {
            let text = "cannot insert multiple commands into a prepared statement";
            return Err(QueryError::Syntax(text.into()).into());
        }
        let Some(command) = commands.pop() else {
            return Ok(Prepared::Empty);
        };
        command::in_failed_transaction(client, &command)?;
        let Command::Query(ask) = command else {
            return Ok(Prepared::Command(command));
        };
        let told = types
            .iter()
            .map(|told| told.as_ref().and_then(params::arrow_type))
            .collect();
        let plan = engine.plan(&state.session, *ask, told);
        Ok(Prepared::Query(state.guard().or_end(plan).await?))
    }

    fn get_parameter_types(&self, statement: &Prepared) -> PgWireResult<Vec<Type>> {
        let Prepared::Query(planned) = statement else {
            return Ok(Vec::new());
        };
        let parameters = planned.parameters.iter();
        parameters
            .map(|known| known.as_ref().map_or(Ok(Type::TEXT), into_pg_type))
            .collect()
    }

    fn get_result_schema(
        &self,
        statement: &Prepared,
        format: Option<&Format>,
    ) -> PgWireResult<Vec<FieldInfo>> {
        match statement {
            Prepared::Query(planned) => {
                rows::fields(&planned.schema, format.unwrap_or(&Format::UnifiedText))
            }
            Prepared::Command(Command::Show(Some(name))) => Ok(rows::text_fields(&[name])),
            Prepared::Command(Command::Show(None)) => {
                Ok(rows::text_fields(&["name", "setting", "description"]))
            }
            Prepared::Command(_) | Prepared::Empty => Ok(Vec::new()),
        }
    }
}

/// Runs prepared statements.
#[derive(Debug, Default)]
pub(super) struct Extended {
    preparer: Arc<Preparer>,
}

#[async_trait]
impl ExtendedQueryHandler for Extended {
    type Statement = Prepared;
    type QueryParser = Preparer;

    fn query_parser(&self) -> Arc<Preparer> {
        Arc::clone(&self.preparer)
    }

    async fn on_parse<C>(&self, client: &mut C, message: Parse) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Prepared>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        state::of(client)?.keep_statement(message.name.as_ref())?;
        let statement = StoredStatement::parse(client, &message, self.query_parser()).await?;
        client.portal_store().put_statement(Arc::new(statement));
        client
            .feed(PgWireBackendMessage::ParseComplete(ParseComplete::new()))
            .await?;
        Ok(())
    }

    async fn on_bind<C>(&self, client: &mut C, message: Bind) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Prepared>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let name = message.statement_name.as_deref().unwrap_or(DEFAULT_NAME);
        let statement = client.portal_store().get_statement(name);
        let statement = statement.ok_or_else(|| PgWireError::StatementNotFound(name.to_owned()))?;
        state::of(client)?.keep_portal(message.portal_name.as_ref())?;
        let portal = Portal::try_new(&message, statement)?;
        client.portal_store().put_portal(Arc::new(portal));
        client
            .feed(PgWireBackendMessage::BindComplete(BindComplete::new()))
            .await?;
        Ok(())
    }

    /// Sends rows as they come, up to as many as the client asked for.
    async fn on_execute<C>(&self, client: &mut C, message: Execute) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Prepared>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let name = message.name.as_deref().unwrap_or(DEFAULT_NAME);
        let portal = client.portal_store().get_portal(name);
        let portal = portal.ok_or_else(|| PgWireError::PortalNotFound(name.to_owned()))?;
        let rows_max = usize::try_from(message.max_rows).unwrap_or(0);
        client.set_state(PgWireConnectionState::QueryInProgress);

        let status = client.transaction_status();
        let cell = portal.state();
        let mut execution = cell.lock().await;
        if let PortalExecutionState::Initial = *execution {
            match self.do_query(client, &portal, rows_max).await? {
                Response::Query(rows) => *execution = PortalExecutionState::Suspended(rows),
                Response::Execution(tag) => send_execution_response(client, tag).await?,
                Response::TransactionStart(tag) => {
                    send_execution_response(client, tag).await?;
                    client.set_transaction_status(status.to_in_transaction_state());
                }
                Response::TransactionEnd(tag) => {
                    send_execution_response(client, tag).await?;
                    client.set_transaction_status(status.to_idle_state());
                }
                _ => {
                    let empty = PgWireBackendMessage::EmptyQueryResponse(EmptyQueryResponse::new());
                    client.feed(empty).await?;
                }
            }
        } else if let PortalExecutionState::Finished = *execution {
            send_execution_response(client, Tag::new("SELECT").with_rows(0)).await?;
        }
        if let PortalExecutionState::Suspended(mut response) =
            std::mem::replace(&mut *execution, PortalExecutionState::Finished)
            && send_partial_query_response(client, &mut response, rows_max).await?
        {
            *execution = PortalExecutionState::Suspended(response);
        }
        client.set_state(PgWireConnectionState::ReadyForQuery);
        Ok(())
    }

    /// Outside of a transaction, portals live until here.
    async fn on_sync<C>(&self, client: &mut C, _message: PgSync) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Prepared>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let status = client.transaction_status();
        if !matches!(status, TransactionStatus::Transaction) {
            state::of(client)?.drop_portals(client.portal_store(), None);
        }
        client
            .send(PgWireBackendMessage::ReadyForQuery(ReadyForQuery::new(
                status,
            )))
            .await?;
        Ok(())
    }

    async fn on_close<C>(&self, client: &mut C, message: Close) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Prepared>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let state = state::of(client)?;
        let name = message.name.as_deref().unwrap_or(DEFAULT_NAME);
        match message.target_type {
            TARGET_TYPE_BYTE_STATEMENT => state.drop_statements(client.portal_store(), Some(name)),
            TARGET_TYPE_BYTE_PORTAL => state.drop_portals(client.portal_store(), Some(name)),
            other => return Err(PgWireError::InvalidTargetType(other)),
        }
        client
            .feed(PgWireBackendMessage::CloseComplete(CloseComplete::new()))
            .await?;
        Ok(())
    }

    async fn do_query<C>(
        &self,
        client: &mut C,
        portal: &Portal<Prepared>,
        _rows_max: usize,
    ) -> PgWireResult<Response>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Prepared>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let state = state::of(client)?;
        match &portal.statement.statement {
            Prepared::Empty => Ok(Response::EmptyQuery),
            Prepared::Command(command) => {
                command::in_failed_transaction(client, command)?;
                command::run(client, &state, command).await
            }
            Prepared::Query(planned) => {
                let values = params::values(portal, &planned.parameters)?;
                let mut guard = state.guard();
                let start = state.shared.engine.start(&state.session, planned, values);
                let answer = guard.or_end(start).await?;
                let format = &portal.result_column_format;
                Ok(Response::Query(rows::query(&state, answer, format, guard)?))
            }
        }
    }
}
