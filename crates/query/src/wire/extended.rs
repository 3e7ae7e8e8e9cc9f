// SPDX-License-Identifier: Apache-2.0
//! The extended protocol: statements prepared once, run with values, read in portions.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::DataType;
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
use datafusion_postgres::pgwire::messages::data::RowDescription;
use datafusion_postgres::pgwire::messages::extendedquery::{
    Bind, BindComplete, Close, CloseComplete, Describe, Execute, Parse, ParseComplete,
    Sync as PgSync, TARGET_TYPE_BYTE_PORTAL, TARGET_TYPE_BYTE_STATEMENT,
};
use datafusion_postgres::pgwire::messages::response::{
    EmptyQueryResponse, ReadyForQuery, TransactionStatus,
};
use futures::{Sink, SinkExt};

use super::position::placed;
use super::prepared::{self, Prepared};
use super::state::{self, State};
use super::{command, fault, params, rows};
use crate::error::QueryError;
use crate::statement::Command;

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
        let _ = (client, sql, types);
        // A statement is prepared where there is a store for it: see `on_parse`.
        Err(fault::protocol("a statement outside of a connection"))
    }

    fn get_parameter_types(&self, statement: &Prepared) -> PgWireResult<Vec<Type>> {
        let Some(planned) = statement.planned() else {
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
        let format = format.unwrap_or(&Format::UnifiedText);
        match statement {
            Prepared::Query(planned) | Prepared::Execute(planned, _) => {
                rows::fields(&planned.schema, format)
            }
            Prepared::Fetch(_, schema, _) => rows::fields(schema, format),
            Prepared::Command(Command::Show(Some(name))) => Ok(rows::text_fields(&[name])),
            Prepared::Command(Command::Show(None)) => {
                Ok(rows::text_fields(&["name", "setting", "description"]))
            }
            _ => Ok(Vec::new()),
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
        let state = state::of(client)?;
        state.keep_statement(message.name.as_ref())?;
        let types: Vec<Option<Type>> = message
            .type_oids
            .iter()
            .map(|oid| Type::from_oid(*oid))
            .collect();
        let told = types
            .iter()
            .map(|told| told.as_ref().and_then(params::arrow_type))
            .collect();
        let prepared = parse(client, &state, &message.query, told).await?;
        let name = message.name.as_deref().unwrap_or(DEFAULT_NAME);
        let statement = StoredStatement::new(name.to_owned(), prepared, types);
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

    /// A cursor is described by the name that a portal would have.
    async fn on_describe<C>(&self, client: &mut C, message: Describe) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Prepared>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let cursors = &state::of(client)?.cursors;
        if message.target_type == TARGET_TYPE_BYTE_PORTAL
            && let Some(name) = &message.name
            && let Ok(schema) = cursors.schema(name).await
        {
            let fields = rows::fields(&schema, &Format::UnifiedText)?;
            let fields = fields.iter().map(Into::into).collect();
            let told = PgWireBackendMessage::RowDescription(RowDescription::new(fields));
            client.feed(told).await?;
            return Ok(());
        }
        self._on_describe(client, message).await
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
        let state = state::of(client)?;
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
                    state.cursors.end_transaction().await;
                }
                _ => {
                    let empty = PgWireBackendMessage::EmptyQueryResponse(EmptyQueryResponse::new());
                    client.feed(empty).await?;
                }
            }
        } else if let PortalExecutionState::Finished = *execution {
            send_execution_response(client, Tag::new("SELECT").with_rows(0)).await?;
        } else {
            state.renew(name).await;
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
        let prepared = &portal.statement.statement;
        if let Prepared::Command(command) = prepared {
            command::in_failed_transaction(client, command)?;
        }
        let values = match prepared.planned() {
            Some(planned) => params::values(portal, &planned.parameters)?,
            None => Vec::new(),
        };
        let (format, guard) = (&portal.result_column_format, state.guard());
        let answer = prepared::run(client, &state, prepared, values, format, guard).await?;
        state.runs(&portal.name);
        Ok(answer)
    }
}

/// Reads and prepares one statement.
async fn parse<C>(
    client: &C,
    state: &State,
    sql: &str,
    told: Vec<Option<DataType>>,
) -> PgWireResult<Prepared>
where
    C: ClientInfo + ClientPortalStore + Sync,
    C::PortalStore: PortalStore,
{
    let engine = &state.shared.engine;
    let mut commands = engine.parse(sql).await.map_err(|e| placed(e, sql))?;
    if commands.len() > 1 {
        let text = "cannot insert multiple commands into a prepared statement";
        return Err(QueryError::Syntax(text.into()).into());
    }
    let Some(command) = commands.pop() else {
        return Ok(Prepared::Empty);
    };
    prepared::prepare(client, state, command, told, &mut state.guard(), sql).await
}
