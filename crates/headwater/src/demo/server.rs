// SPDX-License-Identifier: Apache-2.0
//! The demo's own server, in this process.

use std::path::{Path, PathBuf};
use std::time::Duration;

use hw_kernel::shutdown::{self, ShutdownSender};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::doors;
use super::place::Place;
use super::story::Story;
use crate::cli::Failure;
use crate::client::Client;
use crate::config::{Config, ServeArgs};
use crate::machine::notify::Notify;
use crate::serve::{self, Endpoints, ServeError};

/// How long it may take to stop before the demo goes without it.
const STOP_SECONDS_MAX: u64 = 4;

/// A server that runs.
pub(super) struct Server {
    data: PathBuf,
    stop: ShutdownSender,
    running: JoinHandle<Result<(), ServeError>>,
}

impl Server {
    /// Starts it on the place's folder and waits until it is ready.
    pub(super) async fn start(
        mut settings: ServeArgs,
        place: &Place,
        story: &Story,
    ) -> Result<Self, Failure> {
        let began = Instant::now();
        let state = if place.is_empty() {
            "empty"
        } else {
            "as it was left"
        };
        settings.data = Some(place.path().to_owned());
        let taken = doors::choose(&mut settings);
        let config = Config::load(&settings)?;
        let (stop, stopped) = shutdown::channel();
        let (tell, told) = oneshot::channel();
        let ready = move |endpoints: &Endpoints| {
            let _ = tell.send(endpoints.clone());
        };
        let running = tokio::spawn(serve::run(config, Notify::silent(), stopped, ready));
        let server = Self {
            data: place.path().to_owned(),
            stop,
            running,
        };
        match told.await {
            Ok(endpoints) => {
                story.ready(state, &endpoints, &taken, began.elapsed())?;
                Ok(server)
            }
            // It has ended before it was ready, and says why.
            Err(_) => match server.stop().await {
                Err(why) => Err(why),
                Ok(_) => Err(Failure::failed("the server ended before it was ready")),
            },
        }
    }

    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    /// A client with the rights of the folder's owner.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        Ok(Client::local(&self.data)?)
    }

    /// Stops it; how many seconds that took.
    pub(super) async fn stop(self) -> Result<f64, Failure> {
        let began = Instant::now();
        self.stop.begin();
        match timeout(Duration::from_secs(STOP_SECONDS_MAX), self.running).await {
            Ok(Ok(Ok(()))) => Ok(began.elapsed().as_secs_f64()),
            Ok(Ok(Err(error))) => Err(Failure::failed(error.to_string())),
            Ok(Err(error)) => Err(Failure::failed(format!("the server broke: {error}"))),
            Err(_) => Err(Failure::failed(format!(
                "the server did not stop in {STOP_SECONDS_MAX} s"
            ))),
        }
    }
}
