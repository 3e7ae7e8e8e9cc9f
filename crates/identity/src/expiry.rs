// SPDX-License-Identifier: Apache-2.0
//! When certificates end, and when that is told: 90, 30 and 7 days before, and when they have ended.

mod devices;
mod worker;

pub use devices::DevicesEnding;
pub use worker::ExpiryWorker;

use hw_model::Timestamp;

use crate::server_certificate::RENEW_DAYS;

/// Days before the end at which it is told, the last first; 0 is the end itself.
pub const STEPS: [i64; 4] = [0, 7, 30, 90];

const DAY_MICROS: i64 = 86_400_000_000;

/// Whole days until an end; below 0 it is over.
pub fn days_left(end: Timestamp, now: Timestamp) -> i64 {
    (end.0 - now.0).div_euclid(DAY_MICROS)
}

/// The step that an end is in: the least number of days that it is within.
pub fn step(end: Timestamp, now: Timestamp) -> Option<i64> {
    let within = |days: &i64| end.0 <= now.0.saturating_add(days * DAY_MICROS);
    STEPS.into_iter().find(within)
}

/// Who sees to it that a certificate is followed by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewed {
    /// People must: each step is told.
    ByPeople,
    /// The worker `identity.certificate`, [`RENEW_DAYS`] before the end: told when it has not.
    ByServer,
    /// The worker `identity.acme`, when a third of its life is left: told when it has not.
    ByAcme,
}

/// The step to warn of.
pub fn warning(by: Renewed, (from, to): (Timestamp, Timestamp), now: Timestamp) -> Option<i64> {
    let left = to.0 - now.0;
    let overdue = match by {
        Renewed::ByPeople => true,
        Renewed::ByServer => left < (RENEW_DAYS - 1) * DAY_MICROS,
        Renewed::ByAcme => left < (to.0 - from.0) / 4,
    };
    step(to, now).filter(|_| overdue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_step_counts() {
        let now = Timestamp(1_000 * DAY_MICROS);
        for (left, expected) in [
            (91 * DAY_MICROS, None),
            (90 * DAY_MICROS, Some(90)),
            (31 * DAY_MICROS, Some(90)),
            (30 * DAY_MICROS, Some(30)),
            (7 * DAY_MICROS, Some(7)),
            (1, Some(7)),
            (0, Some(0)),
            (-DAY_MICROS, Some(0)),
        ] {
            assert_eq!(step(Timestamp(now.0 + left), now), expected, "{left}");
        }
    }

    #[test]
    fn what_is_made_anew_by_itself_is_told_when_it_is_not() {
        let day = |days: i64| Timestamp(days * DAY_MICROS);
        let told = |by, life: i64, left: i64| warning(by, (day(0), day(life)), day(life - left));
        assert_eq!(told(Renewed::ByPeople, 397, 80), Some(90));
        assert_eq!(
            [80, 30, 29].map(|left| told(Renewed::ByServer, 397, left)),
            [None; 3]
        );
        assert_eq!(told(Renewed::ByServer, 397, 28), Some(30));
        assert_eq!(
            [89, 30, 23].map(|left| told(Renewed::ByAcme, 90, left)),
            [None; 3]
        );
        assert_eq!(told(Renewed::ByAcme, 90, 22), Some(30));
        assert_eq!(told(Renewed::ByAcme, 6, 1), Some(7));
        assert_eq!(told(Renewed::ByAcme, 6, 0), Some(0));
    }
}
