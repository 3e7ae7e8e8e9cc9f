// SPDX-License-Identifier: Apache-2.0
//! What the things of an account said last: when each was heard of, and the last value of a metric of
//! each, so that a list or a map of ten thousand needs no look at each of them.
//!
//! What was found is kept, up to a number of things in all, with how far back into the past it has
//! been looked for: a thing that never said anything is looked for once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hw_model::{AccountId, Timestamp};
use hw_query::Param;
use parking_lot::Mutex;

use crate::auth::Door;
use crate::columns::{Columns, cut, double, text};
use crate::error::ApiError;
use crate::last_values::LastValue;
use crate::limits::SHOWN_TEXT_BYTES_MAX;
use crate::look::{Look, SLACK_MICROS};
use crate::newest::windows;
use crate::turn::turn;

/// Things that are kept, of all accounts and of all that is asked for.
const KEPT_MAX: usize = 400_000;

/// Rows may be of a time that is a little ahead of this machine's.
const AHEAD_MICROS: i64 = 3_600 * 1_000_000;

const HEARD: &str = "SELECT thing, max(time) FROM messages \
                     WHERE thing IS NOT NULL AND time >= $1 AND time < $2 GROUP BY thing";

const VALUES: &str = "SELECT thing, time, value, text FROM telemetry \
                      WHERE thing IS NOT NULL AND time >= $1 AND time < $2 AND metric = $3";

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Asked {
    /// When it published last; there is no value.
    Heard,
    /// The last value of this metric.
    Metric(String),
}

/// Of which moment the answer is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AsOf {
    /// Now.
    Now,
    /// When a page before was read, if that is not long ago: the pages of a list are of one moment,
    /// and ten of them cost one look.
    Page,
}

/// How long a page may stand back behind the first one.
const PAGES_SPAN: Duration = Duration::from_secs(5);

/// By thing.
type ByThing = HashMap<String, LastValue>;

/// What is known of all things of an account.
#[derive(Default)]
struct Known {
    by_thing: ByThing,
    look: Option<Look>,
    /// Rows from this time on have been read.
    from: i64,
    /// The newest row that was not of a time to come.
    newest: Option<Timestamp>,
}

type Key = (AccountId, Asked);

/// What is kept under one key, and how many things it has.
#[derive(Default)]
struct Kept {
    known: Arc<tokio::sync::Mutex<Known>>,
    things: usize,
}

/// What is kept.
#[derive(Default)]
pub(crate) struct ByThings(Mutex<HashMap<Key, Kept>>);

impl ByThings {
    /// Of the things that are named those that have one; of all that ever had one if none are named.
    pub(crate) async fn of(
        &self,
        door: &Door,
        account: AccountId,
        asked: Asked,
        names: Option<&[&str]>,
        of: AsOf,
    ) -> Result<ByThing, ApiError> {
        let key = (account, asked);
        let place = Arc::clone(&self.0.lock().entry(key.clone()).or_default().known);
        // Who asks for the same waits, and then finds it here.
        let mut known = place.lock().await;
        let _turn = turn(door).await?;
        known.look(door, &key, names, of).await?;
        let found = match names {
            None => known.by_thing.clone(),
            Some(names) => {
                let one =
                    |name: &&str| Some(((*name).to_owned(), known.by_thing.get(*name)?.clone()));
                names.iter().filter_map(one).collect()
            }
        };
        self.weigh(key, known.by_thing.len());
        Ok(found)
    }

    /// Lets go what is too much: all others, or this one if it is too much alone. What has no thing
    /// weighs something, too: anybody may ask for a metric that nobody has.
    fn weigh(&self, key: Key, things: usize) {
        let mut kept = self.0.lock();
        if let Some(one) = kept.get_mut(&key) {
            one.things = things;
        }
        if kept.values().map(|one| one.things + 16).sum::<usize>() > KEPT_MAX {
            kept.retain(|other, _| *other == key && things <= KEPT_MAX);
        }
    }
}

impl Known {
    /// Reads what came since the last look; then back into the past until all that are named are
    /// found, or to the beginning.
    async fn look(
        &mut self,
        door: &Door,
        key: &Key,
        names: Option<&[&str]>,
        of: AsOf,
    ) -> Result<(), ApiError> {
        let look = Look::now(&*door.deps.clock);
        let until = look.wall().0 + AHEAD_MICROS;
        match self.look {
            Some(before) if of == AsOf::Page && before.is_within(PAGES_SPAN, look) => {}
            Some(before) if !before.was_set_back(look) => {
                let since = self
                    .newest
                    .map_or(self.from, |newest| newest.0 - SLACK_MICROS);
                self.read(door, key, (since, until), look).await?;
                self.looked(look);
            }
            _ => {
                *self = Self {
                    from: until,
                    ..Self::default()
                };
            }
        }
        for window in windows(0, self.from) {
            if names.is_some_and(|names| names.iter().all(|name| self.by_thing.contains_key(*name)))
            {
                break;
            }
            self.read(door, key, window, look).await?;
            self.from = window.0;
            self.looked(look);
        }
        Ok(())
    }

    /// What has been read so far holds, even if the rest fails.
    fn looked(&mut self, look: Look) {
        let times = self.by_thing.values().map(|last| last.time);
        self.newest = times.filter(|time| !look.is_before(*time)).max();
        self.look = Some(look);
    }

    async fn read(
        &mut self,
        door: &Door,
        (account, asked): &Key,
        (from, to): (i64, i64),
        look: Look,
    ) -> Result<(), ApiError> {
        let mut params = vec![Param::Time(Timestamp(from)), Param::Time(Timestamp(to))];
        let sql = match asked {
            Asked::Heard => HEARD,
            Asked::Metric(metric) => {
                params.push(Param::Text(metric.clone()));
                VALUES
            }
        };
        let engine = &door.deps.engine;
        let take = |batch: &_| self.take(&Columns(batch), *asked == Asked::Heard, look);
        let read = engine.read(*account, sql, params, take).await;
        read.or_else(ApiError::unless_no_table)
    }

    fn take(&mut self, columns: &Columns<'_>, heard: bool, look: Look) -> Result<(), ApiError> {
        let (things, times) = (columns.texts(0)?, columns.times(1)?);
        let said = match heard {
            true => None,
            false => Some((columns.doubles(2)?, columns.texts(3)?)),
        };
        for row in 0..times.len() {
            let Some(thing) = text(things, row) else {
                continue;
            };
            let time = Timestamp(times.value(row));
            let known = self.by_thing.get_mut(thing);
            if known
                .as_ref()
                .is_some_and(|known| look.rank(known.time) > look.rank(time))
            {
                continue;
            }
            let last = LastValue {
                time,
                value: said.and_then(|(values, _)| double(values, row)),
                text: said
                    .and_then(|(_, texts)| text(texts, row))
                    .map(|text| cut(text, SHOWN_TEXT_BYTES_MAX)),
            };
            match known {
                Some(known) => *known = last,
                None => drop(self.by_thing.insert(thing.to_owned(), last)),
            }
        }
        Ok(())
    }
}

/// When each of these things published last; those that never did are left out.
pub(crate) async fn last_heard(
    door: &Door,
    account: AccountId,
    things: &[&str],
    of: AsOf,
) -> Result<HashMap<String, Timestamp>, ApiError> {
    if things.is_empty() {
        return Ok(HashMap::new());
    }
    let found = &door.deps.state.by_things;
    let found = found
        .of(door, account, Asked::Heard, Some(things), of)
        .await?;
    let time = |(name, last): (String, LastValue)| (name, last.time);
    Ok(found.into_iter().map(time).collect())
}
