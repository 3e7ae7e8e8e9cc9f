// SPDX-License-Identifier: Apache-2.0
//! How a connection comes to a shard and leaves it.

use hw_model::AccountId;

/// A connection that passed its handshake and sent its first packet.
#[derive(Debug)]
pub struct Opening<A> {
    /// Who it is.
    pub auth: A,
    /// Its account.
    pub account: AccountId,
    /// The first packet, whole, whatever it is; the machine refuses what is no good CONNECT. If
    /// its end could not be found (a length of five bytes, above `packet_bytes_max`): what came.
    pub connect: Vec<u8>,
    /// The client id of CONNECT; if that is empty, one that the caller chose (22 letters or more
    /// that nobody can guess); empty if the packet could not be read.
    pub client_id: String,
    /// When it must end at the latest, on the clock of [`crate::Now::monotonic`]: what it proved
    /// itself with is valid until then.
    pub until: Option<std::time::Duration>,
}

/// Names a connection on its shard. Slots are reused, generations are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slot {
    /// Place in the shard's table.
    pub index: u32,
    /// Which connection of those that had the place.
    pub generation: u32,
}

impl Slot {
    /// Stands for who has no connection.
    pub(crate) const NOBODY: Self = Self {
        index: u32::MAX,
        generation: 0,
    };
}

/// Why a connection's socket is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// The machine wanted it closed, and it is.
    Closed,
    /// The peer closed without a DISCONNECT.
    ByPeer,
    /// Reading, writing or TLS failed; why.
    Error(String),
}

/// Why the Log did not take messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepFailure {
    /// Storage is full: later messages may be taken again.
    Full,
    /// Writing failed and is not tried again on that file.
    Failed,
}

impl KeepFailure {
    /// For people.
    pub fn cause(self) -> &'static str {
        match self {
            Self::Full => "not stored: the disk is full",
            Self::Failed => "not stored: writing failed",
        }
    }
}

/// The home shard of a session: all that happens to it happens there.
pub fn home_shard(account: AccountId, client_id: &str, shards: u16) -> u16 {
    // FNV-1a, then a multiply-shift onto the shards: the same on every machine and in every run.
    let hash = client_id
        .bytes()
        .chain(account.number().to_le_bytes())
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    let mixed = (hash ^ hash >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    ((mixed * u64::from(shards)) >> 32) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homes_are_even_and_in_range() {
        let mut counts = [0u32; 3];
        for n in 0..3_000 {
            let home = home_shard(AccountId::FIRST, &format!("meter-{n}"), 3);
            counts[usize::from(home)] += 1;
        }
        assert!(
            counts.iter().all(|count| (850..1_150).contains(count)),
            "{counts:?}"
        );
        assert_eq!(home_shard(AccountId::MAX, "x", 1), 0);
    }
}
