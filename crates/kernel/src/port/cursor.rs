// SPDX-License-Identifier: Apache-2.0
//! A reader's cursor: its position, and the last sequence it saw of each producer.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use hw_model::trace::Producer;

use crate::port::position::{BadPosition, Position};

/// Producers kept beside a cursor; the oldest epochs go first. A producer of an epoch that old
/// has stopped long ago, and its records lie behind the position.
pub const PRODUCERS_MAX: usize = 256;

/// How far a reader has come. What a crash makes a producer write twice has the same sequence, and
/// [`Cursor::admit`] drops it, however much later it comes.
///
/// Text form: `POSITION|EPOCH/SHARD=SEQUENCE;…`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cursor {
    /// Where to read on.
    pub position: Position,
    /// The last sequence seen of each producer.
    pub producers: BTreeMap<Producer, u64>,
}

impl Cursor {
    /// Whether a record is new; notes it if so.
    pub fn admit(&mut self, producer: Producer, sequence: u64) -> bool {
        let last = self.producers.entry(producer).or_default();
        let fresh = sequence > *last;
        *last = (*last).max(sequence);
        while self.producers.len() > PRODUCERS_MAX {
            self.producers.pop_first();
        }
        fresh
    }

    /// Whether a record was seen already, without noting it.
    pub fn has_seen(&self, producer: Producer, sequence: u64) -> bool {
        self.producers
            .get(&producer)
            .is_some_and(|last| sequence <= *last)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}|", self.position)?;
        for (n, (producer, sequence)) in self.producers.iter().enumerate() {
            let comma = if n == 0 { "" } else { ";" };
            write!(f, "{comma}{}/{}={sequence}", producer.epoch, producer.shard)?;
        }
        Ok(())
    }
}

impl FromStr for Cursor {
    type Err = BadPosition;

    fn from_str(text: &str) -> Result<Self, BadPosition> {
        let bad = || BadPosition(text.chars().take(80).collect());
        let (position, list) = text.split_once('|').ok_or_else(bad)?;
        let mut producers = BTreeMap::new();
        for part in list.split(';').filter(|part| !part.is_empty()) {
            let (name, sequence) = part.split_once('=').ok_or_else(bad)?;
            let (epoch, shard) = name.split_once('/').ok_or_else(bad)?;
            let epoch = epoch.parse().map_err(|_| bad())?;
            let shard = shard.parse().map_err(|_| bad())?;
            producers.insert(
                Producer { epoch, shard },
                sequence.parse().map_err(|_| bad())?,
            );
        }
        Ok(Self {
            position: position.parse()?,
            producers,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_dropped_however_late() {
        let mut cursor = Cursor::default();
        let (old, new) = (
            Producer { epoch: 1, shard: 0 },
            Producer { epoch: 2, shard: 0 },
        );
        assert!(cursor.admit(old, 1) && cursor.admit(old, 2) && cursor.admit(new, 1));
        assert!(!cursor.admit(old, 1) && !cursor.admit(old, 2) && cursor.has_seen(new, 1));
        let again: Cursor = cursor.to_string().parse().expect("its own text");
        assert_eq!(again, cursor);
        assert_eq!(Cursor::default().to_string().parse(), Ok(Cursor::default()));
        assert!("v1".parse::<Cursor>().is_err() && "v1|1=2".parse::<Cursor>().is_err());
    }
}
