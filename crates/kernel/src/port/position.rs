// SPDX-License-Identifier: Apache-2.0
//! Positions: how far a reader has come in the Log. Opaque to everyone but the Log's adapter.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// One writer's part of a stream in one of its lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition {
    /// The stream's number.
    pub stream: u16,
    /// The writer's number (0 in one process).
    pub partition: u16,
    /// The life of the storage that the offset counts in.
    pub epoch: u32,
}

/// A map {(stream, partition, epoch) → offset}: everything up to and including these was read.
///
/// Its text form begins with a version, `v1`, and is what tables and cursors store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position(pub BTreeMap<Partition, u64>);

/// The text is not a position, or of a newer release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a log position of version 1: {0}")]
pub struct BadPosition(pub String);

impl Position {
    /// Before everything.
    pub fn start() -> Self {
        Self::default()
    }

    /// Moves each partition on to the further of the two.
    pub fn advance(&mut self, other: &Position) {
        for (partition, offset) in &other.0 {
            let here = self.0.entry(*partition).or_default();
            *here = (*here).max(*offset);
        }
    }

    /// Whether everything up to `other` lies behind this position.
    pub fn covers(&self, other: &Position) -> bool {
        other.0.iter().all(|(partition, offset)| {
            *offset == 0 || self.0.get(partition).is_some_and(|here| here >= offset)
        })
    }

    /// For each partition the nearer of the two (missing is the start): what both have read.
    pub fn common(&self, other: &Position) -> Position {
        let both = self.0.iter().filter_map(|(partition, offset)| {
            other
                .0
                .get(partition)
                .map(|there| (*partition, *offset.min(there)))
        });
        Position(both.collect())
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("v1")?;
        self.0.iter().try_for_each(|(p, offset)| {
            write!(f, ";{}/{}/{}={offset}", p.stream, p.partition, p.epoch)
        })
    }
}

impl FromStr for Position {
    type Err = BadPosition;

    fn from_str(text: &str) -> Result<Self, BadPosition> {
        let bad = || BadPosition(text.chars().take(80).collect());
        let mut parts = text.split(';');
        if parts.next() != Some("v1") {
            return Err(bad());
        }
        let mut map = BTreeMap::new();
        for part in parts {
            let (name, offset) = part.split_once('=').ok_or_else(bad)?;
            let mut ids = name.split('/');
            let mut id = || ids.next().ok_or_else(bad);
            let partition = Partition {
                stream: id()?.parse().map_err(|_| bad())?,
                partition: id()?.parse().map_err(|_| bad())?,
                epoch: id()?.parse().map_err(|_| bad())?,
            };
            if ids.next().is_some() {
                return Err(bad());
            }
            map.insert(partition, offset.parse().map_err(|_| bad())?);
        }
        Ok(Self(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(pairs: &[(u16, u64)]) -> Position {
        let partition = |stream| Partition {
            stream,
            partition: 0,
            epoch: 1,
        };
        Position(pairs.iter().map(|(s, o)| (partition(*s), *o)).collect())
    }

    #[test]
    fn text_form_comes_back_and_refuses_the_unknown() {
        let position = at(&[(1, 42), (2, u64::MAX)]);
        assert_eq!(
            position.to_string(),
            "v1;1/0/1=42;2/0/1=18446744073709551615"
        );
        assert_eq!(position.to_string().parse(), Ok(position));
        assert_eq!("v1".parse(), Ok(Position::start()));
        for bad in [
            "",
            "v2;1/0/1=42",
            "v1;1/0=4",
            "v1;1/0/1/1=4",
            "v1;a/0/1=4",
            "v1;1/0/1",
        ] {
            assert!(bad.parse::<Position>().is_err(), "{bad}");
        }
    }

    #[test]
    fn order() {
        let (low, high) = (at(&[(1, 5)]), at(&[(1, 9), (2, 1)]));
        assert!(high.covers(&low) && !low.covers(&high) && low.covers(&Position::start()));
        assert_eq!(low.common(&high), low);
        let mut moved = low.clone();
        moved.advance(&high);
        assert_eq!(moved, high);
    }
}
