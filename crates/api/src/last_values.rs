// SPDX-License-Identifier: Apache-2.0
//! The last value of each metric of a thing, and when things were last heard of.
//!
//! What was found once is kept, up to a number of values in all, so that the next look reads only
//! what came since. Rows become visible about in the order of their times: looking a little
//! further back than the newest that was seen misses none. That holds as long as the clock is not
//! set back: then all is read again, and rows of a time that is yet to come give way to others,
//! or a thing would stand still until the clock has caught up.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use arrow_array::Array;
use hw_kernel::Clock;
use hw_model::{AccountId, ErrorKind, Timestamp};
use hw_query::Param;
use parking_lot::Mutex;

use crate::auth::Door;
use crate::columns::{Columns, cut, double, text};
use crate::error::ApiError;
use crate::limits::{LAST_VALUES_MAX, SHOWN_TEXT_BYTES_MAX};
use crate::newest::windows;
use crate::turn::turn;

/// Values that are kept, of all accounts.
const KEPT_VALUES_MAX: usize = 200_000;

/// How far before the newest row known the next look begins.
const SLACK_MICROS: i64 = 60 * 1_000_000;

/// How far the clock may be set back between two looks before all is read again: within the slack.
const BACK_MICROS_MAX: i64 = SLACK_MICROS / 2;

const VALUES: &str = "SELECT time, metric, value, text FROM telemetry \
                      WHERE thing = $1 AND time >= $2";

/// Times of the newest messages of things whose names lie between two.
const HEARD: &str = "SELECT thing, max(time) FROM messages \
                     WHERE thing >= $1 AND thing <= $2 AND time >= $3 AND time < $4 \
                     GROUP BY thing";

/// The last value of a metric.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LastValue {
    pub time: Timestamp,
    pub value: Option<f64>,
    pub text: Option<String>,
}

type Values = BTreeMap<String, LastValue>;

/// When somebody looked, by both clocks.
#[derive(Clone, Copy)]
struct Look {
    wall: Timestamp,
    steady: Duration,
}

impl Look {
    fn now(clock: &dyn Clock) -> Self {
        Self {
            wall: clock.now(),
            steady: clock.monotonic(),
        }
    }

    /// Whether the clock was set back between the two.
    fn was_set_back(self, later: Self) -> bool {
        let passed = later.steady.saturating_sub(self.steady).as_micros() as i64;
        later.wall.0 - self.wall.0 < passed - BACK_MICROS_MAX
    }

    /// Whether a row is of a time that is yet to come.
    fn is_before(self, time: Timestamp) -> bool {
        time.0 > self.wall.0.saturating_add(SLACK_MICROS)
    }
}

/// What a look found.
#[derive(Clone)]
struct Found {
    values: Values,
    look: Look,
    /// The newest row that was not of a time to come.
    newest: Option<Timestamp>,
}

/// What is kept.
#[derive(Default)]
pub(crate) struct LastValues(Mutex<HashMap<(AccountId, String), Found>>);

impl LastValues {
    /// By metric.
    pub(crate) async fn of(
        &self,
        door: &Door,
        account: AccountId,
        thing: &str,
    ) -> Result<Values, ApiError> {
        let _turn = turn(door).await?;
        let key = (account, thing.to_owned());
        let look = Look::now(&*door.deps.clock);
        let kept = self.0.lock().get(&key).cloned();
        let kept = kept.filter(|kept| !kept.look.was_set_back(look));
        let newest = kept.as_ref().and_then(|kept| kept.newest);
        let from = Timestamp(newest.map_or(0, |newest| newest.0 - SLACK_MICROS));
        let mut values = kept.map(|kept| kept.values).unwrap_or_default();
        let params = vec![Param::Text(thing.to_owned()), Param::Time(from)];
        let engine = &door.deps.engine;
        engine
            .read(account, VALUES, params, |batch| {
                merge(&mut values, &Columns(batch), look)
            })
            .await
            .or_else(ApiError::unless_no_table)?;
        let times = values.values().map(|value| value.time);
        let newest = times.filter(|time| !look.is_before(*time)).max();
        let found = Found {
            values: values.clone(),
            look,
            newest,
        };
        self.keep(key, found);
        Ok(values)
    }

    fn keep(&self, key: (AccountId, String), found: Found) {
        let mut kept = self.0.lock();
        let total: usize = kept.values().map(|found| found.values.len()).sum();
        if total + found.values.len() > KEPT_VALUES_MAX {
            kept.clear();
        }
        kept.insert(key, found);
    }
}

/// Takes the rows of a batch in. Rows of one metric stand together in files, so that it is looked
/// up once for many.
fn merge(values: &mut Values, columns: &Columns<'_>, look: Look) -> Result<(), ApiError> {
    // What is of a time to come stands behind all that is not.
    let rank = |time: i64| (!look.is_before(Timestamp(time)), time);
    let (times, metrics) = (columns.times(0)?, columns.texts(1)?);
    let (numbers, texts) = (columns.doubles(2)?, columns.texts(3)?);
    let mut row = 0;
    while row < times.len() {
        let metric = metrics.value(row);
        let mut best = row;
        let mut next = row + 1;
        while next < times.len() && metrics.value(next) == metric {
            if rank(times.value(next)) >= rank(times.value(best)) {
                best = next;
            }
            next += 1;
        }
        row = next;
        let time = Timestamp(times.value(best));
        let last = || LastValue {
            time,
            value: double(numbers, best),
            text: text(texts, best).map(|text| cut(text, SHOWN_TEXT_BYTES_MAX)),
        };
        let full = values.len() >= LAST_VALUES_MAX;
        match values.get_mut(metric) {
            Some(known) if rank(known.time.0) <= rank(time.0) => *known = last(),
            Some(_) => {}
            None if full => {
                let message = format!(
                    "the thing has more than {LAST_VALUES_MAX} metrics (last_values_max): ask \
                     for some of them by SQL"
                );
                let error = ApiError::new(ErrorKind::Limit, message);
                return Err(error.status(http::StatusCode::UNPROCESSABLE_ENTITY));
            }
            None => drop(values.insert(metric.to_owned(), last())),
        }
    }
    Ok(())
}

/// When each of these things, in the order of names, published last; those that never did are
/// left out.
pub(crate) async fn last_heard(
    door: &Door,
    account: AccountId,
    things: &[&str],
) -> Result<HashMap<String, Timestamp>, ApiError> {
    let mut heard: HashMap<String, Timestamp> = HashMap::new();
    let (Some(first), Some(last)) = (things.first(), things.last()) else {
        return Ok(heard);
    };
    let _turn = turn(door).await?;
    let until = door.deps.clock.now().0 + 3_600 * 1_000_000;
    for (from, to) in windows(0, until) {
        let params = vec![
            Param::Text((*first).to_owned()),
            Param::Text((*last).to_owned()),
            Param::Time(Timestamp(from)),
            Param::Time(Timestamp(to)),
        ];
        let engine = &door.deps.engine;
        engine
            .read(account, HEARD, params, |batch| {
                let columns = Columns(batch);
                let (names, times) = (columns.texts(0)?, columns.times(1)?);
                for row in 0..names.len() {
                    if let Some(name) = text(names, row) {
                        let time = Timestamp(times.value(row));
                        heard.entry(name.to_owned()).or_insert(time);
                    }
                }
                Ok::<_, ApiError>(())
            })
            .await
            .or_else(ApiError::unless_no_table)?;
        if things.iter().all(|name| heard.contains_key(*name)) {
            break;
        }
    }
    Ok(heard)
}
