// SPDX-License-Identifier: Apache-2.0
//! The byte of a subscriber that the machine packs: options of MQTT 5, and what is known ahead
//! about `iot:Receive`, under which permits.
//!
//! A delivery may still be on its way to another shard when the policies change. So the byte also
//! says under which permits of the connection it was decided; under others it is asked anew.

use hw_mqtt::SubscribeOptions;

use crate::Ahead;

const NO_LOCAL: u8 = 1;
const RETAIN_AS_PUBLISHED: u8 = 1 << 1;
const AHEAD_SHIFT: u8 = 2;
const PERMITS_SHIFT: u8 = 4;

/// Counts the changes of a connection's permits, modulo 16.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Permits(u8);

impl Permits {
    pub(crate) fn next(self) -> Self {
        Self((self.0 + 1) & 0xF)
    }
}

/// The options that outlive the SUBSCRIBE.
pub(crate) fn options(options: &SubscribeOptions) -> u8 {
    let no_local = if options.no_local { NO_LOCAL } else { 0 };
    no_local
        | if options.retain_as_published {
            RETAIN_AS_PUBLISHED
        } else {
            0
        }
}

/// The options in a subscription's flags.
pub(crate) fn options_of(flags: u8) -> u8 {
    flags & (NO_LOCAL | RETAIN_AS_PUBLISHED)
}

/// Flags of a subscription that was written down: nothing is known ahead.
pub(crate) fn stored(options: u8) -> u8 {
    with_ahead(options, Ahead::PerTopic, Permits::default())
}

/// The options with what is known ahead.
pub(crate) fn with_ahead(flags: u8, ahead: Ahead, permits: Permits) -> u8 {
    let ahead = match ahead {
        Ahead::PerTopic => 0,
        Ahead::Always => 1,
        Ahead::Never => 2,
    };
    flags & (NO_LOCAL | RETAIN_AS_PUBLISHED) | ahead << AHEAD_SHIFT | permits.0 << PERMITS_SHIFT
}

#[inline]
pub(crate) fn no_local(flags: u8) -> bool {
    flags & NO_LOCAL != 0
}

#[inline]
pub(crate) fn retain_as_published(flags: u8) -> bool {
    flags & RETAIN_AS_PUBLISHED != 0
}

/// What is known ahead under these permits.
#[inline]
pub(crate) fn ahead(flags: u8, permits: Permits) -> Ahead {
    if flags >> PERMITS_SHIFT != permits.0 {
        return Ahead::PerTopic;
    }
    match flags >> AHEAD_SHIFT & 3 {
        1 => Ahead::Always,
        2 => Ahead::Never,
        _ => Ahead::PerTopic,
    }
}

/// Of two subscriptions of one connection that match the same topic: what is known of either is
/// known of the topic, and an option counts if either has it.
pub(crate) fn merged(one: u8, other: u8, permits: Permits) -> u8 {
    let known = match (ahead(one, permits), ahead(other, permits)) {
        (Ahead::Always, _) | (_, Ahead::Always) => Ahead::Always,
        (Ahead::Never, _) | (_, Ahead::Never) => Ahead::Never,
        _ => Ahead::PerTopic,
    };
    with_ahead(one | other, known, permits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_known_under_other_permits_is_not_known() {
        let old = Permits::default();
        for known in [Ahead::Always, Ahead::Never, Ahead::PerTopic] {
            let flags = with_ahead(NO_LOCAL, known, old);
            assert_eq!(ahead(flags, old), known);
            assert_eq!(ahead(flags, old.next()), Ahead::PerTopic);
            assert!(no_local(flags) && !retain_as_published(flags));
        }
        let (always, never) = (
            with_ahead(0, Ahead::Always, old),
            with_ahead(2, Ahead::Never, old),
        );
        assert_eq!(ahead(merged(always, never, old), old), Ahead::Always);
        assert!(retain_as_published(merged(always, never, old)));
        assert_eq!(
            ahead(merged(always, always, old.next()), old.next()),
            Ahead::PerTopic
        );
    }
}
