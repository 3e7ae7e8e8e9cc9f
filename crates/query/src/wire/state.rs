// SPDX-License-Identifier: Apache-2.0
//! What a connection has once somebody is known at its other end.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use datafusion_postgres::pgwire::api::ClientInfo;
use datafusion_postgres::pgwire::api::store::PortalStore;
use datafusion_postgres::pgwire::error::{PgWireError, PgWireResult};
use datafusion_postgres::pgwire::types::format::FormatOptions;
use parking_lot::Mutex;

use super::cancel::Entry;
use super::fault;
use super::guard::Guard;
use super::server::Shared;
use crate::error::QueryError;
use crate::session::Session;

/// A known client.
pub(super) struct State {
    pub shared: Arc<Shared>,
    pub session: Session,
    pub cancel: Entry,
    pub names: Mutex<Names>,
}

/// Names of prepared statements and portals, which the protocol's own store does not list.
#[derive(Default)]
pub(super) struct Names {
    statements: BTreeSet<String>,
    portals: BTreeSet<String>,
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
        names.portals.extend(name.cloned());
        Ok(())
    }

    fn room(&self, names: &Names) -> PgWireResult<()> {
        let max = self.shared.limits.prepared_max;
        if names.statements.len() + names.portals.len() < max {
            return Ok(());
        }
        let text = format!(
            "there are already {max} prepared statements and portals (prepared_max): \
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
