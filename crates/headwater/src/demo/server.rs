// SPDX-License-Identifier: Apache-2.0
//! The demo's own server, kept going: one that is killed is started again where it was.

use std::path::{Path, PathBuf};
use std::time::Duration;

use hw_kernel::Shutdown;
use hw_kernel::shutdown::{self, ShutdownSender};
use tokio::time::Instant;

use super::child::{Child, Ended};
use super::doors;
use super::place::Place;
use super::presence::{self, Presence, Watch};
use super::story::Story;
use crate::cli::Failure;
use crate::client::Client;
use crate::config::{Config, ServeArgs};
use crate::serve::Endpoints;

/// A server that is killed so often before it is ready is not started again.
const STARTS_MAX: u32 = 3;

/// A server that runs.
pub(super) struct Server {
    data: PathBuf,
    presence: Presence,
    stop: ShutdownSender,
}

impl Server {
    /// Starts it on the place's folder and waits until it is ready. It stays as long as its keeper
    /// keeps it.
    pub(super) async fn start(
        mut settings: ServeArgs,
        place: &Place,
        story: &Story,
    ) -> Result<(Self, Keeper), Failure> {
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
        let launched = launch(&settings, &data).await?;
        let (child, endpoints) = launched.map_err(|ended| ended.failure())?;
        doors::keep(&mut settings, &endpoints);
        story.ready(state, &endpoints, &taken, began.elapsed())?;
        let (stop, stopped) = shutdown::channel();
        let (watch, presence) = presence::channel();
        let keeper = Keeper {
            settings,
            data: data.clone(),
            story: story.clone(),
            child,
            watch,
            stopped,
        };
        let server = Self {
            data,
            presence,
            stop,
        };
        Ok((server, keeper))
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

    /// Tells its keeper to stop it.
    pub(super) fn stop(&self) {
        self.stop.begin();
    }
}

/// Starts the server again as often as its plug is pulled.
pub(super) struct Keeper {
    /// With the doors where they were at the first start.
    settings: ServeArgs,
    data: PathBuf,
    story: Story,
    child: Child,
    watch: Watch,
    stopped: Shutdown,
}

impl Keeper {
    /// Until it is told to stop it, and how many seconds that took; or until the server ends in
    /// another way than by the plug, which is an error.
    pub(super) async fn keep(mut self) -> Result<f64, Failure> {
        loop {
            let ended = tokio::select! {
                biased;
                ended = self.child.ended() => ended?,
                () = self.stopped.begun() => return self.child.stop().await,
            };
            if !ended.by_kill() {
                return Err(ended.failure());
            }
            self.watch.gone();
            let after = self.start_again().await?;
            // Whoever reads stdout and has gone away is noticed at the next line.
            let _ = self.story.plug_pulled(after);
            self.watch.back();
        }
    }

    /// How long it took.
    async fn start_again(&mut self) -> Result<Duration, Failure> {
        let began = Instant::now();
        let mut left = STARTS_MAX;
        loop {
            left -= 1;
            match launch(&self.settings, &self.data).await? {
                Ok((child, _)) => {
                    self.child = child;
                    return Ok(began.elapsed());
                }
                Err(ended) if ended.by_kill() && left > 0 => {}
                Err(ended) => return Err(ended.failure()),
            }
        }
    }
}

/// A server that is ready, and where; or how it ended before it was.
type Launched = Result<(Child, Endpoints), Ended>;

async fn launch(settings: &ServeArgs, data: &Path) -> Result<Launched, Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::failed(format!("the server can't be started: {error}"))
    };
    let (mut child, ready) = Child::spawn(settings).map_err(|error| failed(&error))?;
    tokio::select! {
        biased;
        Ok(()) = ready => {}
        ended = child.ended() => return Ok(Err(ended?)),
    }
    let endpoints = Endpoints::read(&data.join("run").join("endpoints.json"));
    let endpoints = endpoints.map_err(|error| failed(&error))?;
    Ok(Ok((child, endpoints)))
}
