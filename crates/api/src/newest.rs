// SPDX-License-Identifier: Apache-2.0
//! Pages of rows, the newest first: the statement, the windows of time it is asked over, and the
//! token that names where a page ended.
//!
//! A table is asked in windows that grow into the past, so that the newest hundred rows of a
//! table of years are found in its last files.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hw_model::{AccountId, Timestamp};
use hw_query::{Answer, Param};

use crate::auth::Door;
use crate::error::ApiError;
use crate::moment;
use crate::turn::turn;

/// The first window; each one behind it is so many times as long.
const WINDOW_MICROS: i64 = 10 * 60 * 1_000_000;
const GROWTH: i64 = 16;

/// Rows of one time that a page can begin behind.
const SKIPPED_MAX: u32 = 1_000_000;

/// How far ahead of the clock lists look, for times from before it was set back.
const FUTURE_MICROS: i64 = 3_600 * 1_000_000;

/// Conditions of a statement, each with its value.
#[derive(Default)]
pub(crate) struct Conditions {
    text: String,
    params: Vec<Param>,
}

impl Conditions {
    /// `condition` ends in its operator, as in `thing =`: the value follows it.
    pub(crate) fn and(&mut self, condition: &'static str, value: impl Into<String>) {
        self.params.push(Param::Text(value.into()));
        // $1 and $2 are the window's bounds.
        let number = self.params.len() + 2;
        self.text.push_str(&format!(" AND {condition} ${number}"));
    }

    /// The same if there is a value.
    pub(crate) fn and_if(&mut self, condition: &'static str, value: Option<String>) {
        if let Some(value) = value {
            self.and(condition, value);
        }
    }
}

/// Where a page begins: at rows of this time and older ones, behind so many of the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub time: Timestamp,
    pub skip: u32,
}

impl Place {
    pub(crate) fn token(self) -> String {
        URL_SAFE_NO_PAD.encode(format!("1 {} {}", self.time.0, self.skip))
    }

    /// # Errors
    /// `Invalid` for what is no token of ours.
    pub(crate) fn parse(token: &str) -> Result<Self, ApiError> {
        let read = || {
            let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
            let text = String::from_utf8(bytes).ok()?;
            let mut words = text.strip_prefix("1 ")?.split(' ');
            let time = Timestamp(words.next()?.parse().ok()?);
            let skip = words.next()?.parse().ok()?;
            moment::rfc_3339(time)?;
            let fits = words.next().is_none() && skip <= SKIPPED_MAX;
            fits.then_some(Self { time, skip })
        };
        read().ok_or_else(|| {
            ApiError::invalid("`after` is not a token of this list: take `next` of the page before")
        })
    }
}

/// The span of a list, and where its page begins: at the token, or at `to`.
///
/// # Errors
/// `Invalid`.
pub(crate) fn span(
    from: Option<String>,
    to: Option<String>,
    after: Option<String>,
    now: Timestamp,
) -> Result<(Timestamp, Place), ApiError> {
    let from = from
        .map(|text| moment::parse("from", &text, now))
        .transpose()?;
    let to = to.map(|text| moment::parse("to", &text, now)).transpose()?;
    let place = match (after, to) {
        (Some(token), _) => Place::parse(&token)?,
        (None, Some(to)) => Place {
            time: Timestamp(to.0.saturating_sub(1)),
            skip: 0,
        },
        (None, None) => Place {
            time: Timestamp(now.0 + FUTURE_MICROS),
            skip: 0,
        },
    };
    Ok((from.unwrap_or_default(), place))
}

/// What to look for.
pub(crate) struct Wanted<'a> {
    pub account: AccountId,
    /// The statement up to `FROM table`.
    pub select: &'static str,
    /// What orders rows of one time.
    pub order: &'static str,
    pub conditions: &'a Conditions,
    /// From this time on.
    pub from: Timestamp,
    /// Where the page begins.
    pub place: Place,
    pub rows: u32,
}

/// The rows, in batches of each window, the newest first; one more than wanted, if there is one.
pub(crate) async fn find(door: &Door, wanted: &Wanted<'_>) -> Result<Vec<Answer>, ApiError> {
    let _turn = turn(door).await?;
    let place = wanted.place;
    let mut left = wanted.rows as usize + 1 + place.skip as usize;
    let mut answers = Vec::new();
    for (from, to) in windows(wanted.from.0, place.time.0.saturating_add(1)) {
        let sql = format!(
            "{} WHERE time >= $1 AND time < $2{} ORDER BY time DESC, {} LIMIT {left}",
            wanted.select, wanted.conditions.text, wanted.order
        );
        let mut params = vec![Param::Time(Timestamp(from)), Param::Time(Timestamp(to))];
        params.extend(wanted.conditions.params.iter().cloned());
        let answer = door.deps.engine.sql(wanted.account, &sql, params).await;
        let answer = match answer.map_err(ApiError::from) {
            Ok(answer) => answer,
            Err(error) => {
                error.unless_no_table()?;
                break;
            }
        };
        left -= answer.rows().min(left);
        answers.push(answer);
        if left == 0 {
            break;
        }
    }
    Ok(answers)
}

/// From `to` back to `from`, the newest window first.
pub(crate) fn windows(from: i64, to: i64) -> impl Iterator<Item = (i64, i64)> {
    let (mut to, mut length) = (to, WINDOW_MICROS);
    std::iter::from_fn(move || {
        if to <= from {
            return None;
        }
        let begin = to.saturating_sub(length).max(from);
        let window = (begin, to);
        (to, length) = (begin, length.saturating_mul(GROWTH));
        Some(window)
    })
}

/// Where the page behind rows of these times begins.
pub(crate) fn behind(place: Place, times: &[Timestamp]) -> Option<Place> {
    let last = *times.last()?;
    let same = times.iter().rev().take_while(|time| **time == last).count() as u32;
    let before = if last == place.time { place.skip } else { 0 };
    Some(Place {
        time: last,
        skip: same.saturating_add(before),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_meet_and_end() {
        let all: Vec<_> = windows(0, 1_900_000_000_000_000).collect();
        assert!(all.len() < 9, "{}", all.len());
        assert_eq!(
            (all[0].1, all.last().map(|w| w.0)),
            (1_900_000_000_000_000, Some(0))
        );
        assert!(all.windows(2).all(|pair| pair[0].0 == pair[1].1));
        assert_eq!(windows(5, 5).count(), 0);
        assert!(windows(i64::MIN, i64::MAX).count() < 20);
    }

    #[test]
    fn tokens() {
        let place = Place {
            time: Timestamp(-5),
            skip: 3,
        };
        assert_eq!(Place::parse(&place.token()), Ok(place));
        for bad in ["", "x", "MQ", "MSA5MjIzMzcyMDM2ODU0Nzc1ODA3IDA"] {
            assert!(Place::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_page_ends_in_the_middle_of_one_time() {
        let (start, t) = (
            Place {
                time: Timestamp(9),
                skip: 2,
            },
            Timestamp,
        );
        assert_eq!(
            behind(start, &[t(9), t(9)]),
            Some(Place {
                time: t(9),
                skip: 4
            })
        );
        assert_eq!(
            behind(start, &[t(9), t(8), t(8)]),
            Some(Place {
                time: t(8),
                skip: 2
            })
        );
        assert_eq!(behind(start, &[]), None);
    }
}
