// SPDX-License-Identifier: Apache-2.0
//! Statements made ready once and run with values: by the protocol's messages, by `PREPARE` and
//! `EXECUTE`, or at once by the simple protocol.

use std::fmt::Debug;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion_postgres::pgwire::api::portal::Format;
use datafusion_postgres::pgwire::api::results::{Response, Tag};
use datafusion_postgres::pgwire::api::stmt::StoredStatement;
use datafusion_postgres::pgwire::api::store::{MemPortalStore, PortalStore};
use datafusion_postgres::pgwire::api::{ClientInfo, ClientPortalStore};
use datafusion_postgres::pgwire::error::{PgWireError, PgWireResult};
use datafusion_postgres::pgwire::messages::PgWireBackendMessage;
use futures::{Sink, StreamExt};

use super::guard::Guard;
use super::position::placed;
use super::state::State;
use super::{command, cursor, fault, rows};
use crate::error::QueryError;
use crate::plan::Planned;
use crate::statement::{Ask, Command};
use crate::types::type_named;

/// A prepared statement.
#[derive(Debug, Clone)]
pub(super) enum Prepared {
    /// A text without a statement.
    Empty,
    /// A query, planned.
    Query(Planned),
    /// `PREPARE name AS query`.
    Prepare(String, Planned),
    /// `EXECUTE`: the query, and what asks for its values.
    Execute(Planned, Option<Planned>),
    /// `DECLARE`: the cursor's name, whether it outlives its transaction, its query.
    Declare(String, bool, Planned),
    /// `FETCH`: the cursor's name and columns, and how many rows.
    Fetch(String, SchemaRef, Option<usize>),
    /// Anything else that is allowed.
    Command(Command),
}

/// The store of a connection; the protocol's traits hide what it holds.
fn kept<P: PortalStore>(store: &P) -> PgWireResult<&MemPortalStore<Prepared>> {
    let store = store.as_any().downcast_ref::<MemPortalStore<Prepared>>();
    store.ok_or_else(|| fault::protocol("there is no place for prepared statements"))
}

/// Makes a statement ready; `told` are types of parameters as far as the client told them, `sql`
/// is the text that errors are placed in.
pub(super) async fn prepare<C>(
    client: &C,
    state: &State,
    command: Command,
    told: Vec<Option<DataType>>,
    guard: &mut Guard,
    sql: &str,
) -> PgWireResult<Prepared>
where
    C: ClientInfo + ClientPortalStore,
    C::PortalStore: PortalStore,
{
    command::in_failed_transaction(client, &command)?;
    let mut plan = async |ask: Ask, told| {
        let planned = state.shared.engine.plan(&state.session, ask, told);
        guard
            .or_end(planned)
            .await
            .map_err(|error| placed(error, sql))
    };
    Ok(match command {
        Command::Query(ask) => Prepared::Query(plan(*ask, told).await?),
        Command::Prepare(new) => {
            let types = new.types.iter().map(|name| match type_named(name) {
                Some(known) => Ok(Some(known)),
                None => Err(QueryError::state(
                    "42704",
                    format!("type \"{name}\" does not exist"),
                )),
            });
            let types = types.collect::<Result<Vec<_>, _>>()?;
            match new.command {
                Command::Query(ask) => Prepared::Prepare(new.name, plan(*ask, types).await?),
                _ => return Err(fault::protocol("only queries are prepared")),
            }
        }
        Command::Execute(name, values) => {
            let statement = kept(client.portal_store())?.get_statement(&name);
            let values = match values {
                Some(ask) => Some(plan(*ask, Vec::new()).await?),
                None => None,
            };
            match statement.as_ref().map(|known| &known.statement) {
                Some(Prepared::Query(planned)) => Prepared::Execute(planned.clone(), values),
                Some(_) => return Err(fault::protocol("only queries are executed by name")),
                None => {
                    let text = format!("prepared statement \"{name}\" does not exist");
                    return Err(QueryError::state("26000", text).into());
                }
            }
        }
        Command::Declare(new) => Prepared::Declare(new.name, new.hold, plan(new.ask, told).await?),
        Command::Fetch(name, count) => {
            let schema = state.cursors.schema(&name).await?;
            Prepared::Fetch(name, schema, count)
        }
        other => Prepared::Command(other),
    })
}

impl Prepared {
    /// The query whose parameters are the statement's.
    pub(super) fn planned(&self) -> Option<&Planned> {
        match self {
            Prepared::Query(planned) | Prepared::Declare(_, _, planned) => Some(planned),
            _ => None,
        }
    }
}

/// Runs a statement with values in the places of its parameters.
pub(super) async fn run<C>(
    client: &mut C,
    state: &State,
    prepared: &Prepared,
    values: Vec<ScalarValue>,
    format: &Format,
    mut guard: Guard,
) -> PgWireResult<Response>
where
    C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
    C::PortalStore: PortalStore,
    C::Error: Debug,
    PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
{
    let (engine, session) = (&state.shared.engine, &state.session);
    match prepared {
        Prepared::Empty => Ok(Response::EmptyQuery),
        Prepared::Query(planned) => {
            let rows = guard.or_end(engine.start(session, planned, values)).await?;
            Ok(Response::Query(rows::query(state, rows, format, guard)?))
        }
        Prepared::Prepare(name, planned) => {
            let store = kept(client.portal_store())?;
            if store.get_statement(name).is_some() {
                let text = format!("prepared statement \"{name}\" already exists");
                return Err(QueryError::state("42P05", text).into());
            }
            state.keep_statement(Some(name))?;
            let query = Prepared::Query(planned.clone());
            store.put_statement(Arc::new(StoredStatement::new(
                name.clone(),
                query,
                Vec::new(),
            )));
            Ok(Response::Execution(Tag::new("PREPARE")))
        }
        Prepared::Execute(planned, asked) => {
            let values = match asked {
                Some(asked) => guard.or_end(self::values(state, asked, planned)).await?,
                None => Vec::new(),
            };
            let rows = guard.or_end(engine.start(session, planned, values)).await?;
            Ok(Response::Query(rows::query(state, rows, format, guard)?))
        }
        Prepared::Declare(name, hold, planned) => {
            let rows = guard.or_end(engine.start(session, planned, values)).await?;
            cursor::declare(state, client.transaction_status(), (name, *hold), rows)
        }
        Prepared::Fetch(name, _, count) => Ok(Response::Query(
            cursor::fetch(state, name, *count, format).await?,
        )),
        Prepared::Command(command) => command::run(client, state, command).await,
    }
}

/// The values of an `EXECUTE`, of the types that its statement wants.
async fn values(
    state: &State,
    asked: &Planned,
    wanted: &Planned,
) -> Result<Vec<ScalarValue>, QueryError> {
    let mut rows = state
        .shared
        .engine
        .start(&state.session, asked, Vec::new())
        .await?;
    while let Some(batch) = rows.batches.next().await {
        let batch = batch?;
        if batch.num_rows() != 1 {
            continue;
        }
        let wanted = wanted
            .parameters
            .iter()
            .map(Option::as_ref)
            .chain(std::iter::repeat(None));
        let values = batch.columns().iter().zip(wanted);
        return values
            .map(|(column, wanted)| {
                let value = ScalarValue::try_from_array(column, 0)?;
                Ok(match wanted {
                    Some(wanted) => value.cast_to(wanted)?,
                    None => value,
                })
            })
            .collect();
    }
    Err(QueryError::invalid("the values of EXECUTE have none"))
}
