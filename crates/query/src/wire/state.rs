// SPDX-License-Identifier: Apache-2.0
//! What a connection has once somebody is known at its other end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use datafusion_postgres::pgwire::api::ClientInfo;
use datafusion_postgres::pgwire::api::store::PortalStore;
use datafusion_postgres::pgwire::error::{PgWireError, PgWireResult};
use datafusion_postgres::pgwire::types::format::FormatOptions;
use parking_lot::Mutex;

use super::cancel::Entry;
use super::cursor::Cursors;
use super::fault;
use super::guard::{Guard, SharedGuard};
use super::server::Shared;
use crate::error::QueryError;
use crate::session::Session;

/// A known client.
pub(super) struct State {
    pub shared: Arc<Shared>,
    pub session: Session,
    pub cancel: Entry,
    pub names: Mutex<Names>,
    pub cursors: Cursors,
    /// The guard of the statement that began last.
    pub last: Mutex<Option<SharedGuard>>,
}

/// Names of prepared statements and portals, which the protocol's own store does not list.
#[derive(Default)]
pub(super) struct Names {
    statements: BTreeSet<String>,
    /// With the guards of those that run.
    portals: BTreeMap<String, Option<SharedGuard>>,
}

/// The state of a client.
///
/// # Errors
/// `28000` before authentication has succeeded: nothing is done for strangers.
pub(super) fn of<C: ClientInfo>(client: &C) -> PgWireResult<Arc<State>> {
    let state = client.session_extensions().get::<State>();
    state.ok_or_else(|| fault::user("FATAL", "28000", "not authenticated"))
}

impl State {
    /// A guard for a statement that begins now.
    pub(super) fn guard(&self) -> Guard {
        Guard::new(self.statement_time(), &self.cancel.notify)
    }

    /// Keeps the guard of the rows that have been begun.
    pub(super) fn remember(&self, guard: SharedGuard) {
        *self.last.lock() = Some(guard);
    }

    /// Gives the guard of the rows that began last to the portal that they are of.
    pub(super) fn runs(&self, portal: &str) {
        let guard = self.last.lock().take();
        self.names.lock().portals.insert(portal.to_owned(), guard);
    }

    /// A portal's next portion has the statement's time for itself.
    pub(super) async fn renew(&self, portal: &str) {
        let guard = self.names.lock().portals.get(portal).cloned().flatten();
        if let Some(guard) = guard {
            *guard.lock().await = self.guard();
        }
    }

    /// Closes what does not outlive a transaction.
    pub(super) async fn end_transaction(&self, store: &impl PortalStore) {
        self.drop_portals(store, None);
        self.cursors.end_transaction().await;
    }

    /// The session may ask for less time than the limit.
    fn statement_time(&self) -> Duration {
        let max = self.shared.engine.limits().statement_time_max;
        self.session
            .settings
            .read()
            .statement_timeout()
            .map_or(max, |own| own.min(max))
    }

    /// How values are written as text.
    pub(super) fn format(&self) -> Arc<FormatOptions> {
        let settings = self.session.settings.read();
        let of = |name| {
            settings
                .show(name)
                .map(|(_, value)| value)
                .unwrap_or_default()
        };
        let mut format = FormatOptions::default();
        format.date_style = of("DateStyle");
        format.interval_style = of("IntervalStyle");
        format.bytea_output = of("bytea_output");
        format.extra_float_digits = of("extra_float_digits").parse().unwrap_or(1);
        Arc::new(format)
    }

    /// Counts a prepared statement.
    pub(super) fn keep_statement(&self, name: Option<&String>) -> PgWireResult<()> {
        let mut names = self.names.lock();
        self.room(&names)?;
        names.statements.extend(name.cloned());
        Ok(())
    }

    /// Counts a portal.
    pub(super) fn keep_portal(&self, name: Option<&String>) -> PgWireResult<()> {
        let mut names = self.names.lock();
        self.room(&names)?;
        names.portals.extend(name.map(|name| (name.clone(), None)));
        Ok(())
    }

    /// Whether one more thing can be kept by name.
    pub(super) fn room_for_one(&self) -> PgWireResult<()> {
        self.room(&self.names.lock())
    }

    fn room(&self, names: &Names) -> PgWireResult<()> {
        let max = self.shared.limits.prepared_max;
        if names.statements.len() + names.portals.len() + self.cursors.count() < max {
            return Ok(());
        }
        let text = format!(
            "there are already {max} prepared statements, portals and cursors (prepared_max): \
             close or DEALLOCATE some"
        );
        Err(PgWireError::from(QueryError::limit("54000", text)))
    }

    /// Forgets one prepared statement, or all.
    pub(super) fn drop_statements(&self, store: &impl PortalStore, name: Option<&str>) {
        let mut names = self.names.lock();
        match name {
            Some(name) => {
                names.statements.remove(name);
                store.rm_statement(name);
            }
            None => std::mem::take(&mut names.statements)
                .iter()
                .for_each(|n| store.rm_statement(n)),
        }
    }

    /// Forgets one portal, or all.
    pub(super) fn drop_portals(&self, store: &impl PortalStore, name: Option<&str>) {
        let mut names = self.names.lock();
        match name {
            Some(name) => {
                names.portals.remove(name);
                store.rm_portal(name);
            }
            None => {
                names.portals.clear();
                store.clear_portals();
            }
        }
    }
}
