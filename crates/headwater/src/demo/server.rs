// SPDX-License-Identifier: Apache-2.0
//! The demo's own server, kept going: one that is killed is started again where it was.

use std::path::{Path, PathBuf};

use hw_kernel::Shutdown;
use hw_kernel::shutdown::{self, ShutdownSender};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::child::Child;
use super::doors;
use super::place::Place;
use super::presence::{self, Presence, Watch};
use super::story::Story;
use crate::cli::Failure;
use crate::client::Client;
use crate::config::{Config, ServeArgs};
use crate::serve::Endpoints;

/// A server that runs.
pub(super) struct Server {
    data: PathBuf,
    presence: Presence,
    stop: ShutdownSender,
    running: JoinHandle<Result<f64, Failure>>,
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
        let data = place.path().to_owned();
        settings.data = Some(data.clone());
        let taken = doors::choose(&mut settings);
        // What is wrong with them is said here as `serve` would say it.
        Config::load(&settings)?;
        let (child, endpoints) = launch(&settings, &data).await?;
        doors::keep(&mut settings, &endpoints);
        story.ready(state, &endpoints, &taken, began.elapsed())?;
        let (stop, stopped) = shutdown::channel();
        let (watch, presence) = presence::channel();
        let keeper = Keeper {
            settings,
            data: data.clone(),
            story: story.clone(),
            watch,
        };
        Ok(Self {
            data,
            presence,
            stop,
            running: tokio::spawn(keeper.keep(child, stopped)),
        })
    }

    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    /// Whether it is there.
    pub(super) fn presence(&self) -> &Presence {
        &self.presence
    }

    /// A client with the rights of the folder's owner.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        Ok(Client::local(&self.data)?)
    }

    /// Stops it; how many seconds that took. If it had ended before, this says why.
    pub(super) async fn stop(self) -> Result<f64, Failure> {
        self.stop.begin();
        let stopped = self.running.await;
        stopped.unwrap_or_else(|error| {
            let why = format!("the demo lost sight of its server: {error}");
            Err(Failure::failed(why))
        })
    }
}

/// Starts the server again as often as its plug is pulled.
struct Keeper {
    /// With the doors where they were at the first start.
    settings: ServeArgs,
    data: PathBuf,
    story: Story,
    watch: Watch,
}

impl Keeper {
    /// Until it is stopped, or ends in another way than by the plug.
    async fn keep(self, mut child: Child, stop: Shutdown) -> Result<f64, Failure> {
        loop {
            let ended = tokio::select! {
                biased;
                ended = child.ended() => ended?,
                () = stop.begun() => return child.stop().await,
            };
            if !ended.by_kill() {
                return Err(ended.failure());
            }
            let began = Instant::now();
            self.watch.gone();
            (child, _) = launch(&self.settings, &self.data).await?;
            // Whoever reads stdout and has gone away is noticed at the next line.
            let _ = self.story.plug_pulled(began.elapsed());
            self.watch.back();
        }
    }
}

/// A server that is ready, and where.
async fn launch(settings: &ServeArgs, data: &Path) -> Result<(Child, Endpoints), Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::failed(format!("the server can't be started: {error}"))
    };
    let (mut child, ready) = Child::spawn(settings).map_err(|error| failed(&error))?;
    tokio::select! {
        biased;
        Ok(()) = ready => {}
        ended = child.ended() => return Err(ended?.failure()),
    }
    let endpoints = Endpoints::read(&data.join("run").join("endpoints.json"));
    Ok((child, endpoints.map_err(|error| failed(&error))?))
}
