// SPDX-License-Identifier: Apache-2.0
//! The point in time to restore to: a position of the log, or a time.

use std::fmt;
use std::path::Path;

use hw_kernel::port::position::Position;
use hw_log::restored::{self, CutError};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Where the restored log ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Point {
    /// Behind this position there is nothing.
    Position(Position),
    /// Nothing came later than that: microseconds since 1970.
    Time(i64),
}

impl Point {
    /// From RFC 3339, as `2026-11-29T12:00:00Z`.
    pub fn time(text: &str) -> Result<Self, String> {
        let time = OffsetDateTime::parse(text, &Rfc3339)
            .map_err(|_| format!("{text:?} is not a time; write it like 2026-11-29T12:00:00Z"))?;
        let micros = i64::try_from(time.unix_timestamp_nanos() / 1_000);
        micros
            .map(Self::Time)
            .map_err(|_| format!("{text} is too far away"))
    }

    /// The position that it is in a log.
    pub(super) fn position(&self, log: &Path) -> Result<Position, CutError> {
        match self {
            Self::Position(position) => Ok(position.clone()),
            Self::Time(time_us) => restored::position_at(log, *time_us),
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Position(position) => write!(f, "position {position}"),
            Self::Time(time_us) => {
                let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(*time_us) * 1_000);
                let text = time.ok().and_then(|time| time.format(&Rfc3339).ok());
                f.write_str(&text.unwrap_or_default())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back() {
        let point = Point::time("2026-11-29T12:00:00.5+01:00").expect("a time");
        assert_eq!(point.to_string(), "2026-11-29T11:00:00.5Z");
        assert!(Point::time("yesterday").is_err());
    }
}
