// SPDX-License-Identifier: Apache-2.0
//! What upkeep consists of.

use std::str::FromStr;
use std::time::Duration;

/// A part of upkeep, with a worker of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Duty {
    /// Many small files of a day become few.
    Compact,
    /// Snapshots that nobody needs leave the metadata.
    Expire,
    /// What nothing reaches is deleted.
    Sweep,
    /// Days that are older than they are to be kept leave the tables.
    Retain,
}

impl Duty {
    /// All of them.
    pub const ALL: [Duty; 4] = [Duty::Compact, Duty::Expire, Duty::Sweep, Duty::Retain];

    /// Its name in commands and paths.
    pub fn name(self) -> &'static str {
        match self {
            Duty::Compact => "compact",
            Duty::Expire => "expire",
            Duty::Sweep => "sweep",
            Duty::Retain => "retain",
        }
    }

    /// Its worker's name.
    pub fn worker(self) -> &'static str {
        match self {
            Duty::Compact => "lake.compact",
            Duty::Expire => "lake.expire",
            Duty::Sweep => "lake.sweep",
            Duty::Retain => "lake.retain",
        }
    }

    /// How long rounds are apart.
    pub(super) fn pause(self) -> Duration {
        Duration::from_secs(match self {
            Duty::Compact => 10,
            Duty::Expire => 600,
            Duty::Sweep => 1_800,
            Duty::Retain => 600,
        })
    }

    /// Whether it must wait for an hour after the wall clock has jumped: all that it does depends on
    /// how long ago something was. (The others drop no snapshots meanwhile.)
    pub(super) fn minds_jumps(self) -> bool {
        matches!(self, Duty::Expire | Duty::Sweep)
    }
}

impl FromStr for Duty {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        let mut all = Self::ALL.into_iter();
        all.find(|duty| duty.name() == name).ok_or(())
    }
}
