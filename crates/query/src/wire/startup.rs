// SPDX-License-Identifier: Apache-2.0
//! Startup and authentication: a password message that holds an API key.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion_postgres::pgwire::api::auth::{
    ServerParameterProvider, StartupHandler, finish_authentication, protocol_negotiation,
    save_startup_parameters_to_metadata,
};
use datafusion_postgres::pgwire::api::{
    ClientInfo, METADATA_USER, PgWireConnectionState, PidSecretKeyGenerator,
    RandomPidSecretKeyGenerator,
};
use datafusion_postgres::pgwire::error::{PgWireError, PgWireResult};
use datafusion_postgres::pgwire::messages::startup::Authentication;
use datafusion_postgres::pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage};
use futures::{Sink, SinkExt};

use super::cancel::Entry;
use super::cursor::Cursors;
use super::fault;
use super::server::Shared;
use super::state::{Names, State};
use crate::session::Settings;

/// Settings that a client is told of at the start and at each change.
pub(super) const REPORTED: &[&str] = &[
    "application_name",
    "client_encoding",
    "DateStyle",
    "default_transaction_read_only",
    "in_hot_standby",
    "integer_datetimes",
    "IntervalStyle",
    "is_superuser",
    "search_path",
    "server_encoding",
    "server_version",
    "session_authorization",
    "standard_conforming_strings",
    "TimeZone",
];

/// Lets a client in.
pub(super) struct Startup {
    shared: Arc<Shared>,
    keys: RandomPidSecretKeyGenerator,
}

impl Startup {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            keys: RandomPidSecretKeyGenerator::default(),
        }
    }

    async fn enter<C>(&self, client: &mut C, user: String, password: &str) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let (auth, peer) = (&self.shared.auth, client.socket_addr().ip());
        let Some(account) = auth.account_for(&user, password, peer).await else {
            tracing::info!(user, "a PostgreSQL client was refused");
            let text = format!(
                "password authentication failed for user \"{user}\": the password is an API key"
            );
            return Err(fault::user("FATAL", "28P01", text));
        };
        let session = self.shared.engine.open(account, &user);
        begin_with(&mut session.settings.write(), client.metadata());
        let (pid, secret) = self.keys.generate(client);
        client.set_pid_and_secret_key(pid, secret.clone());
        session.backend.set_pid(pid);
        let parameters = Told(session.settings.read().clone());
        client.session_extensions().insert(State {
            cancel: Entry::new(
                Arc::clone(&self.shared),
                (pid, &secret),
                Arc::clone(&session.backend.cancel),
            ),
            shared: Arc::clone(&self.shared),
            session,
            names: Names::default().into(),
            cursors: Cursors::default(),
            last: None.into(),
        });
        finish_authentication(client, &parameters).await
    }
}

#[async_trait]
impl StartupHandler for Startup {
    async fn on_startup<C>(
        &self,
        client: &mut C,
        message: PgWireFrontendMessage,
    ) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        match message {
            PgWireFrontendMessage::Startup(ref startup) => {
                protocol_negotiation(client, startup).await?;
                save_startup_parameters_to_metadata(client, startup);
                client.set_state(PgWireConnectionState::AuthenticationInProgress);
                let ask = PgWireBackendMessage::Authentication(Authentication::CleartextPassword);
                client.send(ask).await?;
                Ok(())
            }
            PgWireFrontendMessage::PasswordMessageFamily(password) => {
                let password = password.into_password()?;
                let user = client.metadata().get(METADATA_USER).cloned();
                let user = user.ok_or(PgWireError::UserNameRequired)?;
                self.enter(client, user, &password.password).await
            }
            _ => Err(fault::user(
                "FATAL",
                "08P01",
                "a password message was expected",
            )),
        }
    }
}

/// Settings of the startup packet, and those in its `options` (`-c name=value`). What can't be
/// honoured is left as it is, and the client is told the value that holds: drivers send the zone
/// or encoding of their machine unasked.
fn begin_with(settings: &mut Settings, parameters: &HashMap<String, String>) {
    for (name, value) in parameters {
        match name.as_str() {
            "user" | "database" | "replication" => {}
            "options" => {
                let words = value.split_whitespace().filter(|word| *word != "-c");
                for word in words {
                    let word = word.trim_start_matches("-c").trim_start_matches("--");
                    if let Some((name, value)) = word.split_once('=') {
                        let _ = settings.set(name, value);
                    }
                }
            }
            _ => {
                let _ = settings.set(name, value);
            }
        }
    }
}

/// The settings to tell.
struct Told(Settings);

impl ServerParameterProvider for Told {
    fn server_parameters<C: ClientInfo>(&self, _client: &C) -> Option<HashMap<String, String>> {
        let told = REPORTED.iter().filter_map(|name| self.0.show(name).ok());
        Some(told.map(|(name, value)| (name.to_owned(), value)).collect())
    }
}
