// SPDX-License-Identifier: Apache-2.0
//! The last value of each metric of a thing.
//!
//! What was found once is kept, up to a number of values in all, so that the next look reads only
//! what came since. Rows become visible about in the order of their times: looking a little
//! further back than the newest that was seen misses none. That holds as long as the clock is not
//! set back: then all is read again, and rows of a time that is yet to come give way to others,
//! or a thing would stand still until the clock has caught up.

use std::collections::{BTreeMap, HashMap};

use hw_model::{AccountId, ErrorKind, Timestamp};
use hw_query::Param;
use parking_lot::Mutex;

use crate::auth::Door;
use crate::columns::{Columns, cut, double, text};
use crate::error::ApiError;
use crate::limits::{LAST_VALUES_MAX, SHOWN_TEXT_BYTES_MAX};
use crate::look::{Look, SLACK_MICROS};
use crate::turn::turn;

/// Values that are kept, of all accounts.
const KEPT_VALUES_MAX: usize = 200_000;

const VALUES: &str = "SELECT time, metric, value, text FROM telemetry \
                      WHERE thing = $1 AND time >= $2";

/// The last value of a metric.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LastValue {
    pub time: Timestamp,
    pub value: Option<f64>,
    pub text: Option<String>,
}

type Values = BTreeMap<String, LastValue>;

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
    let rank = |time: i64| look.rank(Timestamp(time));
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
