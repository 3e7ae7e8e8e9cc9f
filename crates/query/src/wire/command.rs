// SPDX-License-Identifier: Apache-2.0
//! Statements that are not queries: settings are kept per connection, transactions are only told,
//! because each statement reads what is there when it runs.

use std::fmt::Debug;

use datafusion_postgres::pgwire::api::results::{Response, Tag};
use datafusion_postgres::pgwire::api::store::PortalStore;
use datafusion_postgres::pgwire::api::{ClientInfo, ClientPortalStore};
use datafusion_postgres::pgwire::error::{PgWireError, PgWireResult};
use datafusion_postgres::pgwire::messages::PgWireBackendMessage;
use datafusion_postgres::pgwire::messages::response::TransactionStatus;
use datafusion_postgres::pgwire::messages::startup::ParameterStatus;
use futures::{Sink, SinkExt};

use super::startup::REPORTED;
use super::state::State;
use super::{fault, rows};
use crate::session::Settings;
use crate::statement::Command;

/// Refuses everything but the end of a transaction that has failed.
pub(super) fn in_failed_transaction<C: ClientInfo>(
    client: &C,
    command: &Command,
) -> PgWireResult<()> {
    let failed = matches!(client.transaction_status(), TransactionStatus::Error);
    if failed && !matches!(command, Command::Commit | Command::Rollback) {
        let text =
            "current transaction is aborted, commands ignored until end of transaction block";
        return Err(fault::user("ERROR", "25P02", text));
    }
    Ok(())
}

/// Does a statement that is not a query.
pub(super) async fn run<C>(
    client: &mut C,
    state: &State,
    command: &Command,
) -> PgWireResult<Response>
where
    C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
    C::PortalStore: PortalStore,
    C::Error: Debug,
    PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
{
    let settings = &state.session.settings;
    let failed = matches!(client.transaction_status(), TransactionStatus::Error);
    Ok(match command {
        // Queries, and what is kept by name, are the callers'.
        Command::Query(_)
        | Command::Prepare(_)
        | Command::Execute(..)
        | Command::Declare(_)
        | Command::Fetch(..) => return Err(fault::protocol("a query is not a command")),
        Command::Close(name) => state.cursors.close(name.as_deref())?,
        Command::Show(Some(name)) => {
            let (name, value) = settings.read().show(name)?;
            rows::text(&[name], vec![vec![value]], "SHOW")?
        }
        Command::Show(None) => {
            let all = settings.read().all();
            let all = all
                .into_iter()
                .map(|(name, value)| vec![name, value, String::new()]);
            rows::text(&["name", "setting", "description"], all.collect(), "SHOW")?
        }
        Command::Set(name, Some(value)) => {
            let name = settings.write().set(name, value)?;
            tell(client, state, &[name]).await?;
            Response::Execution(Tag::new("SET"))
        }
        Command::Set(name, None) => {
            let name = settings.write().reset(name)?;
            tell(client, state, &[name]).await?;
            Response::Execution(Tag::new("SET"))
        }
        Command::ResetAll => {
            settings.write().reset_all();
            tell(client, state, REPORTED).await?;
            Response::Execution(Tag::new("RESET"))
        }
        Command::Begin => Response::TransactionStart(Tag::new("BEGIN")),
        Command::Commit if failed => Response::TransactionEnd(Tag::new("ROLLBACK")),
        Command::Commit => Response::TransactionEnd(Tag::new("COMMIT")),
        Command::Rollback => Response::TransactionEnd(Tag::new("ROLLBACK")),
        Command::Nothing(tag) => Response::Execution(Tag::new(tag)),
        Command::Discard(what) => {
            if what == "ALL" {
                settings.write().reset_all();
                tell(client, state, REPORTED).await?;
            }
            if what == "ALL" || what == "PLANS" {
                state.drop_statements(client.portal_store(), None);
            }
            Response::Execution(Tag::new(&format!("DISCARD {what}")))
        }
        Command::Deallocate(name) => {
            state.drop_statements(client.portal_store(), name.as_deref());
            let tag = if name.is_some() {
                "DEALLOCATE"
            } else {
                "DEALLOCATE ALL"
            };
            Response::Execution(Tag::new(tag))
        }
    })
}

/// Tells the client the values of those settings that it is told of.
async fn tell<C>(client: &mut C, state: &State, names: &[&str]) -> PgWireResult<()>
where
    C: Sink<PgWireBackendMessage> + Unpin,
    PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
{
    let settings: Settings = state.session.settings.read().clone();
    for name in names.iter().filter(|name| REPORTED.contains(name)) {
        let (name, value) = settings.show(name)?;
        let status = ParameterStatus::new(name.to_owned(), value);
        client
            .feed(PgWireBackendMessage::ParameterStatus(status))
            .await?;
    }
    Ok(())
}
