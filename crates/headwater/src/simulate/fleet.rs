// SPDX-License-Identifier: Apache-2.0
//! Many virtual meters at once.

use std::sync::Arc;

use hw_kernel::Shutdown;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::flows::Flows;
use super::identities::Identity;
use super::meter::{Meter, Surroundings};
use super::meter_number::topic;
use super::pace::Pace;
use super::payload;
use super::random::Random;
use super::tally::{Notice, Tally};
use super::trust::{self, TrustError};
use crate::client::{ClientError, Doors};

/// Meters that shake hands at the same time.
const HANDSHAKES_MAX: usize = 8;

/// How a fleet sends.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// How much faster than real time the devices' time passes.
    pub speed: f64,
    /// A message for each so-many-th minute.
    pub every_minutes: u32,
    /// Messages per meter; `None` is without end.
    pub count: Option<u64>,
    /// Makes everything that is left to chance.
    pub seed: u64,
}

/// Meters that are ready to start.
pub struct Fleet {
    meters: Vec<Meter>,
    around: Surroundings,
}

impl Fleet {
    /// Prepares a meter per identity; the one at index 0 is the first meter of `flows`.
    /// Notices must be received, or the fleet waits.
    ///
    /// # Errors
    /// The MQTT door is closed, or an identity cannot be used.
    pub fn new(
        doors: &Doors,
        identities: &[Identity],
        flows: &Flows,
        plan: Plan,
        (notices, shutdown): (mpsc::Sender<Notice>, Shutdown),
    ) -> Result<Self, TrustError> {
        let meter = |(index, identity): (usize, &Identity)| {
            let every = plan.every_minutes.max(1) as usize;
            Ok(Meter {
                device: payload::Meter::new(index),
                topic: topic(&identity.thing),
                tls: trust::config(doors, identity)?,
                minutes: Box::new(flows.of_meter(index).step_by(every)),
                left: plan.count,
                seed: Random::of(plan.seed, &[index as u64, 1]).next(),
            })
        };
        let meters = identities.iter().enumerate().map(meter);
        Ok(Self {
            meters: meters.collect::<Result<_, TrustError>>()?,
            around: Surroundings {
                door: doors
                    .mqtts
                    .clone()
                    .ok_or(ClientError::Closed { door: "mqtts" })?,
                server_name: doors.server_name.clone(),
                pace: Pace::new(Instant::now(), flows.from(), plan.speed),
                handshakes: Semaphore::new(HANDSHAKES_MAX),
                tally: Arc::new(Tally::default()),
                notices,
                shutdown,
            },
        })
    }

    /// What the fleet counts while it runs.
    pub fn tally(&self) -> Arc<Tally> {
        self.around.tally.clone()
    }

    /// Runs until every meter has sent its count, or until shutdown and what was on its way then
    /// is acknowledged. The devices' time begins to pass now.
    pub async fn run(mut self) {
        self.around.pace.begin();
        let around = Arc::new(self.around);
        let mut working = JoinSet::new();
        for meter in self.meters {
            working.spawn(meter.work(around.clone()).run());
        }
        drop(around);
        while let Some(ended) = working.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a virtual meter broke");
            }
        }
    }
}
