// SPDX-License-Identifier: Apache-2.0
//! `simulate water`: water meters that say each minute how much flowed.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use hw_kernel::Clock;
use hw_kernel::port::clock::SystemClock;
use hw_kernel::shutdown::{self, ShutdownSender};
use time::{OffsetDateTime, PrimitiveDateTime};
use tokio::sync::mpsc;

use super::enrol::{Enrolment, enrol};
use super::report::Report;
use crate::cli::server::ServerArgs;
use crate::cli::{Failure, block_on, ended, note, span};
use crate::simulate::{Fleet, Flows, Input, InputError, Plan, device_date};

/// Notices that may wait to be printed.
const NOTICES_MAX: usize = 1_024;

/// Water meters with certificates of their own, that send real readings
///
/// Each meter is a thing with a certificate and a policy that lets it publish to its own topic
/// only, registered through the AWS API. It speaks MQTT over TLS 1.3 and sends the flow of every
/// minute at QoS 1 to /things/waterflowcontrollers/IMEI, as
/// {"SerialNumber","BatteryVoltage","QCCID","GSN","FlowRate","FlowCalibration","Date"}.
///
/// The readings are those of smart meters of the DAIAD project (Alicante, 2016; CC BY-SA 4.0):
/// six households, two weeks, over and over.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater simulate water --data ./data                     three meters, real time
  headwater simulate water --data ./data --speed 1200        20 minutes in a second
  headwater simulate water --data ./data --meters 100 --speed 60 --duration 5m
  headwater simulate water --data ./data --input made --leaks 1 --speed 600
  headwater simulate water --url https://water.example:8443 --ca ca.pem --api-key hw_…

Certificates are kept in DIR/simulate (or --identities), so that a second run is the same meters.")]
pub struct Water {
    /// How many meters
    #[arg(long, short = 'n', default_value_t = 3, value_name = "N",
          value_parser = RangedU64ValueParser::<u64>::new().range(1..=100_000))]
    meters: u64,
    /// Where flow comes from: daiad (real readings), made, or a file in the format of the DAIAD
    /// trials (user.key;datetime;meter.reading;diff)
    #[arg(long, default_value = "daiad", value_name = "daiad|made|FILE")]
    input: Input,
    /// How much faster than real time the devices' time passes
    #[arg(long, default_value_t = 1.0, value_name = "X", value_parser = speed)]
    speed: f64,
    /// Devices' time between messages, in whole minutes; each says what flowed in its last minute
    #[arg(long, default_value = "1m", value_name = "SPAN", value_parser = interval)]
    interval: u32,
    /// Devices' time to begin at, as 2016-11-22T06:00:00 [default: the first hour read; for made
    /// flow, now in UTC]
    #[arg(long, value_name = "DATE", value_parser = device_date::parse_typed)]
    from: Option<PrimitiveDateTime>,
    /// End when each meter has sent so many messages
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// End after so long (real time), as 30s or 5m
    #[arg(long, value_name = "SPAN", value_parser = span::parse)]
    duration: Option<Duration>,
    /// With --input made: so many meters leak
    #[arg(long, default_value_t = 0, value_name = "N")]
    leaks: usize,
    /// What is left to chance follows from this number
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
    /// Folder that keeps certificates and keys of the meters [default with --data: DIR/simulate;
    /// otherwise they are not kept]
    #[arg(long, value_name = "FOLDER")]
    identities: Option<PathBuf>,
    /// Print progress as JSON lines on stdout for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

impl Water {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let flows = Flows::open(
            &self.input,
            self.from,
            utc(clock.as_ref()),
            self.leaks,
            self.seed,
        )?;
        let report = Report::new(self.json);
        block_on(async {
            let (stop, shutdown) = shutdown::channel();
            tokio::spawn(end(stop, self.duration));
            let meters = usize::try_from(self.meters).unwrap_or(usize::MAX);
            let client = self.server.client()?;
            let ask = Enrolment {
                meters,
                keep: self.identities.as_deref(),
                keys: None,
                clock,
            };
            let told = |thing: &str, done: usize| report.registered(thing, done, meters);
            let (identities, doors) = tokio::select! {
                enrolled = enrol(&client, ask, &told) => enrolled?,
                () = shutdown.begun() => return Err(Failure::failed("ended before every meter was registered")),
            };
            flows
                .remarks(meters)
                .iter()
                .for_each(|remark| report.remark(remark));
            if self.interval > 1 {
                report.remark("What flows in the minutes between two messages is not sent.");
            }
            let plan = Plan {
                speed: self.speed,
                every_minutes: self.interval,
                count: self.count,
                seed: self.seed,
            };
            let (notices, heard) = mpsc::channel(NOTICES_MAX);
            let fleet = Fleet::new(&doors, &identities, &flows, plan, (notices, shutdown))
                .map_err(|error| Failure::failed(error.to_string()))?;
            let tally = fleet.tally();
            let running = tokio::spawn(fleet.run());
            let counts = report.follow(&tally, heard).await?;
            running
                .await
                .map_err(|error| Failure::failed(format!("the simulation broke: {error}")))?;
            report.end(&counts, meters)
        })
    }
}

/// Begins shutdown at a signal, or when the time is over.
async fn end(stop: ShutdownSender, duration: Option<Duration>) {
    let over = async {
        match duration {
            Some(duration) => tokio::time::sleep(duration).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        ended = ended() => if let Err(failure) = ended { note(&failure.to_string()) },
        () = over => {}
    }
    stop.begin();
}

fn utc(clock: &dyn Clock) -> PrimitiveDateTime {
    let now = OffsetDateTime::from_unix_timestamp(clock.now().0.div_euclid(1_000_000));
    let now = now.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    PrimitiveDateTime::new(now.date(), now.time())
}

pub(crate) fn speed(text: &str) -> Result<f64, String> {
    match text.trim_end_matches(['x', '×']).parse() {
        Ok(speed) if (0.001..=1_000_000.0).contains(&speed) => Ok(speed),
        _ => Err("a number from 0.001 to 1000000 is expected".to_owned()),
    }
}

fn interval(text: &str) -> Result<u32, String> {
    let seconds = span::parse(text)?.as_secs_f64();
    let minutes = seconds / 60.0;
    if minutes < 1.0 || minutes.fract() != 0.0 || minutes > 10_080.0 {
        return Err(
            "whole minutes are expected, from 1m to 7d: the meter counts per minute".into(),
        );
    }
    Ok(minutes as u32)
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Self {
        match &error {
            InputError::File { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                Failure::not_found(error.to_string())
            }
            InputError::OutOfRange { .. } => Failure::usage(error.to_string()),
            _ => Failure::failed(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_and_intervals() {
        assert_eq!(speed("1200"), Ok(1_200.0));
        assert_eq!(speed("60x"), Ok(60.0));
        assert!(
            ["0", "-1", "nan", "inf", "fast"]
                .iter()
                .all(|text| speed(text).is_err())
        );
        assert_eq!(interval("5m"), Ok(5));
        assert_eq!(interval("60s"), Ok(1));
        assert!(
            ["30s", "90s", "0m", "30d", "5"]
                .iter()
                .all(|text| interval(text).is_err())
        );
    }
}
