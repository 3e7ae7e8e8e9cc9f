// SPDX-License-Identifier: Apache-2.0
//! The demo: a server of its own, which may be killed at any time, three meters that play real
//! readings, and what one sees of it.

mod chart;
mod child;
mod doors;
mod figures;
mod hints;
mod live;
mod place;
mod presence;
mod readings;
mod server;
mod story;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hw_kernel::port::clock::SystemClock;
use hw_kernel::{Clock, Shutdown, shutdown};
use time::PrimitiveDateTime;
use time::macros::datetime;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::cli::paint::Paint;
use crate::cli::{Enrolment, Failure, ended, enrol};
use crate::client::{Client, Doors, Events};
use crate::config::ServeArgs;
use crate::simulate::{Fleet, Flows, Input, Notice, Plan, Tally};
use place::Place;
use presence::Presence;
use server::Server;
use story::Story;

const METERS: usize = 3;
/// A weekday morning in the readings: people get up.
const BEGIN: PrimitiveDateTime = datetime!(2016-11-22 06:00:00);
/// Readings are shown as they come for so long; then the table and the chart.
const OPENING_SECONDS: u64 = 10;
const NOTICES_MAX: usize = 256;
/// How long the last count may take at the end.
const LAST_COUNT_SECONDS_MAX: u64 = 10;

/// How the demo runs.
pub struct Options {
    /// Settings of its server; what is not set is chosen.
    pub settings: ServeArgs,
    /// How much faster than real time the meters' time passes.
    pub speed: f64,
    /// When it ends by itself.
    pub duration: Option<Duration>,
    /// Colour.
    pub paint: Paint,
}

/// Runs the demo until Ctrl-C, SIGTERM or the end of its time.
pub async fn run(options: Options) -> Result<(), Failure> {
    let (stop, stopped) = shutdown::channel();
    let duration = options.duration;
    let signals = tokio::spawn(async move {
        let over = async {
            match duration {
                Some(duration) => tokio::time::sleep(duration).await,
                None => std::future::pending().await,
            }
        };
        let done = tokio::select! {
            ended = ended() => ended,
            () = over => Ok(()),
        };
        stop.begin();
        done
    });
    let story = Story::new(options.paint);
    story.title()?;
    let place = Place::choose(options.settings.data.clone())?;
    let (server, keeper) = Server::start(options.settings, &place, &story).await?;
    let telling = async {
        let told = tell(&server, options.speed, &story, &stopped).await;
        server.stop();
        told
    };
    // Both on this thread: others have a lower priority, which a server would inherit.
    let (told, stopped_after) = tokio::join!(telling, keeper.keep());
    story.stopped(stopped_after?, &place)?;
    if stopped.has_begun() {
        signals
            .await
            .map_err(|error| Failure::failed(error.to_string()))??;
    }
    told
}

/// What runs on the server of the demo.
struct Running {
    client: Client,
    doors: Doors,
    presence: Presence,
    tally: Arc<Tally>,
    since: String,
}

async fn tell(
    server: &Server,
    speed: f64,
    story: &Story,
    stopped: &Shutdown,
) -> Result<(), Failure> {
    let (end_fleet, fleet_ends) = shutdown::channel();
    let (running, fleet, heard) = tokio::select! {
        prepared = prepare(server, speed, story, fleet_ends) => prepared?,
        () = stopped.begun() => return Ok(()),
    };
    let events = live::open(&running).await?;
    let fleet = tokio::spawn(fleet.run());
    let troubles = tell_troubles(heard, running.presence.clone(), story.clone());
    let shown = show(&running, server, story, events, stopped).await;
    end_fleet.begin();
    let ended = fleet.await;
    troubles.abort();
    shown?;
    ended.map_err(|error| Failure::failed(format!("the simulation broke: {error}")))?;
    let limit = Duration::from_secs(LAST_COUNT_SECONDS_MAX);
    let asked = || readings::count(&running.client, &running.since);
    let count = running.presence.ask(asked);
    let kept = match tokio::time::timeout(limit, count).await {
        Ok(counted) => counted.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer in {LAST_COUNT_SECONDS_MAX} s")),
    };
    story.last_count(&running.tally.counts(), kept)
}

/// Keys, three registered meters, and the fleet that will play them.
async fn prepare(
    server: &Server,
    speed: f64,
    story: &Story,
    fleet_ends: Shutdown,
) -> Result<(Running, Fleet, mpsc::Receiver<Notice>), Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let client = server.client()?;
    let keys = Some(client.create_keys("demo", "admin").await?);
    story.keys()?;
    let fresh = AtomicBool::new(false);
    let told = |thing: &str, number: usize| {
        fresh.store(true, Ordering::Relaxed);
        story.registered(thing, number);
    };
    let ask = Enrolment {
        meters: METERS,
        keep: None,
        keys,
        clock: clock.clone(),
    };
    let (identities, doors) = enrol(&client, ask, &told).await?;
    if !fresh.into_inner() {
        story.known(METERS)?;
    }
    story.replay(speed)?;
    let flows = Flows::open(&Input::Daiad, Some(BEGIN), BEGIN, 0, 1)?;
    let plan = Plan {
        speed,
        every_minutes: 1,
        count: None,
        seed: 1,
    };
    let (notices, heard) = mpsc::channel(NOTICES_MAX);
    let fleet = Fleet::new(&doors, &identities, &flows, plan, (notices, fleet_ends))
        .map_err(|error| Failure::failed(error.to_string()))?;
    let (tally, since) = (fleet.tally(), readings::literal(clock.now()));
    Ok((
        Running {
            client,
            doors,
            presence: server.presence().clone(),
            tally,
            since,
        },
        fleet,
        heard,
    ))
}

/// The opening, the overview, and then a line every few seconds.
async fn show(
    running: &Running,
    server: &Server,
    story: &Story,
    events: Events,
    stopped: &Shutdown,
) -> Result<(), Failure> {
    let mut live = live::Live::new(running, events, story);
    live.opening(Duration::from_secs(OPENING_SECONDS), stopped)
        .await?;
    if stopped.has_begun() {
        return Ok(());
    }
    figures::show(running, story).await?;
    hints::show(running, server, story).await?;
    live.go_on(stopped).await
}

/// Says when a meter is not connected, unless that is the plug's doing.
fn tell_troubles(
    mut heard: mpsc::Receiver<Notice>,
    presence: Presence,
    story: Story,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        while let Some(notice) = heard.recv().await {
            if let Notice::Lost { meter, cause, .. } = notice
                && !presence.is_shaken().await
            {
                story.trouble(&meter, &cause);
            }
        }
    })
}
