// SPDX-License-Identifier: Apache-2.0
//! What flows through each of many meters: real readings, those of a file, or made ones.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use time::{Duration, PrimitiveDateTime};

use super::daiad::{self, Household};
use super::made;
use super::minutes::Minutes;
use super::random::Random;

/// Where flow comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The readings that ship with the program.
    Daiad,
    /// Made flow.
    Made,
    /// A file in the format of the DAIAD trials.
    File(PathBuf),
}

impl FromStr for Input {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "daiad" => Self::Daiad,
            "made" => Self::Made,
            path => Self::File(PathBuf::from(path)),
        })
    }
}

/// Why input cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The file cannot be read.
    #[error("{} can't be read: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is nothing usable in it.
    #[error(
        "{} holds no usable reading; lines of `user.key;datetime;meter.reading;diff` are expected, \
         as in `a;21/11/2016 01:07:49;1066968;56`",
        path.display()
    )]
    Empty {
        /// Which.
        path: PathBuf,
    },
    /// The time to begin at is not in the data.
    #[error("the readings run from {first} to {last}; begin in between with --from")]
    OutOfRange {
        /// First reading.
        first: PrimitiveDateTime,
        /// Last reading.
        last: PrimitiveDateTime,
    },
}

/// Flow for any number of meters.
#[derive(Debug)]
pub struct Flows {
    source: Source,
    from: PrimitiveDateTime,
    seed: u64,
}

#[derive(Debug)]
enum Source {
    Replayed {
        households: Vec<Household>,
        days: i64,
        remark: Option<String>,
    },
    Made {
        leaks: usize,
    },
}

impl Flows {
    /// Opens the input. Without `from`, readings begin at their first day and made flow at `now`.
    /// The first `leaks` meters of made flow leak.
    pub fn open(
        input: &Input,
        from: Option<PrimitiveDateTime>,
        now: PrimitiveDateTime,
        leaks: usize,
        seed: u64,
    ) -> Result<Self, InputError> {
        let text = match input {
            Input::Made => {
                let source = Source::Made { leaks };
                return Ok(Self {
                    source,
                    from: from.unwrap_or(now),
                    seed,
                });
            }
            Input::Daiad => daiad::EXTRACT.to_owned(),
            Input::File(path) => read(path)?,
        };
        let (households, left_out) = daiad::parse(&text);
        let readings = || households.iter().flat_map(|household| &household.readings);
        let first = readings().map(|reading| reading.from).min();
        let last = readings().map(|reading| reading.to).max();
        let (Some(first), Some(last)) = (first, last) else {
            let path = match input {
                Input::File(path) => path.clone(),
                _ => PathBuf::from("the extract"),
            };
            return Err(InputError::Empty { path });
        };
        // Hourly meters are not read at the same minute: an hour later, all have begun.
        let from = from.unwrap_or((first + Duration::hours(1)).min(last));
        if !(first..=last).contains(&from) {
            return Err(InputError::OutOfRange { first, last });
        }
        let days = (last - first).whole_days().max(1);
        let source = Source::Replayed {
            households,
            days,
            remark: left_out.describe(),
        };
        Ok(Self { source, from, seed })
    }

    /// When the simulated time begins.
    pub fn from(&self) -> PrimitiveDateTime {
        self.from
    }

    /// The minutes of the meter at `index`. When there are more meters than households, each round
    /// of meters replays a household as it was a day later.
    pub fn of_meter(&self, index: usize) -> Minutes {
        let seed = Random::of(self.seed, &[index as u64]).next();
        match &self.source {
            Source::Made { leaks } => made::flow(self.from, index < *leaks, seed),
            Source::Replayed {
                households, days, ..
            } => {
                let household = households[index % households.len()].clone();
                let later = Duration::days((index / households.len()) as i64 % days);
                let minutes = daiad::replay(household, self.from + later, seed);
                Box::new(minutes.map(move |mut minute| {
                    minute.at -= later;
                    minute
                }))
            }
        }
    }

    /// What people should know about `meters` meters of this input.
    pub fn remarks(&self, meters: usize) -> Vec<String> {
        let Source::Replayed {
            households, remark, ..
        } = &self.source
        else {
            return vec!["The flow is made; it follows a household's day.".to_owned()];
        };
        let mut remarks = vec![
            "Readings are hourly: how an hour's litres fall on its minutes is made. The meter's \
             cumulative reading has no place in the payload, and the battery does not age."
                .to_owned(),
        ];
        if meters > households.len() {
            remarks.push(format!(
                "{} households serve {meters} meters: further meters replay them a day later each.",
                households.len()
            ));
        }
        remarks.extend(remark.clone());
        remarks
    }
}

fn read(path: &Path) -> Result<String, InputError> {
    let bytes = std::fs::read(path).map_err(|source| InputError::File {
        path: path.to_owned(),
        source,
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: PrimitiveDateTime = datetime!(2026-11-12 10:00:00);

    fn open(input: &Input, from: Option<PrimitiveDateTime>) -> Result<Flows, InputError> {
        Flows::open(input, from, NOW, 1, 7)
    }

    #[test]
    fn many_meters_have_flow_of_their_own() {
        let flows = open(&Input::Daiad, None).unwrap();
        let first = |index| -> Vec<_> { flows.of_meter(index).take(600).collect() };
        assert_ne!(first(0), first(1));
        assert_ne!(first(0), first(6), "the same household a day later");
        let near = |index: usize| first(index)[0].at - flows.from();
        assert!(
            (0..20).all(|index| near(index) < Duration::minutes(2)),
            "all begin together"
        );
        assert!(
            flows
                .remarks(7)
                .iter()
                .any(|text| text.contains("6 households serve 7 meters"))
        );
    }

    #[test]
    fn made_flow_begins_now() {
        let flows = open(&Input::Made, None).unwrap();
        assert_eq!(flows.from(), NOW);
        assert!(
            flows.of_meter(0).take(100).all(|minute| minute.pulses > 0),
            "it leaks"
        );
    }

    #[test]
    fn input_that_cannot_be_used() {
        let late = Some(datetime!(2030-01-01 00:00:00));
        assert!(matches!(
            open(&Input::Daiad, late),
            Err(InputError::OutOfRange { .. })
        ));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("readings.csv");
        let input = Input::File(file.clone());
        assert!(matches!(open(&input, None), Err(InputError::File { .. })));
        std::fs::write(&file, "a,b,c\n").unwrap();
        assert!(matches!(open(&input, None), Err(InputError::Empty { .. })));
    }
}
