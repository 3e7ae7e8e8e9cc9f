// SPDX-License-Identifier: Apache-2.0
//! Packet ids of the QoS 1 messages that a receiver has not acknowledged.
//!
//! Ids are given in order, and the standard has receivers acknowledge in order (MQTT-4.6.0-2): so
//! two numbers say which are out, and only acknowledgements that come early are listed. A clean
//! session needs no more: what it has not acknowledged ends with its connection.

/// The packet ids that are out.
#[derive(Debug, Default)]
pub(crate) struct Inflight {
    /// The oldest id that is out, minus 1.
    oldest: u16,
    /// How many ids from there on are out or early.
    span: u16,
    /// Acknowledged before the oldest was.
    early: Vec<u16>,
}

/// Ids are 1 to 65,535.
const IDS: u32 = 65_535;

impl Inflight {
    /// With these ids out, whatever their order.
    pub(crate) fn of(ids: &[u16]) -> Self {
        let mut places: Vec<u16> = ids.iter().filter_map(|id| id.checked_sub(1)).collect();
        places.sort_unstable();
        places.dedup();
        let (Some(first), Some(last)) = (places.first().copied(), places.last().copied()) else {
            return Self::default();
        };
        // They lie on a circle; what is out begins behind the widest gap.
        let round = (u32::from(first) + IDS - u32::from(last), first);
        let gaps = places
            .windows(2)
            .map(|two| (u32::from(two[1] - two[0]), two[1]));
        let (gap, oldest) = gaps.chain([round]).max().unwrap_or(round);
        let span = (IDS - gap + 1) as u16;
        let is_out = |place: u16| places.binary_search(&place).is_ok();
        let all = (0..span).map(|at| ((u32::from(oldest) + u32::from(at)) % IDS) as u16);
        Self {
            oldest,
            span,
            early: all.filter(|place| !is_out(*place)).collect(),
        }
    }

    /// Whether `max` ids are out. One that was acknowledged early counts until the oldest is, so
    /// a receiver that leaves out one acknowledgement gets no more than `max` messages after it.
    #[inline]
    pub(crate) fn is_full(&self, max: u16) -> bool {
        self.span >= max.min(u16::MAX - 1)
    }

    /// Whether that id is out.
    pub(crate) fn is_out(&self, id: u16) -> bool {
        let place = u32::from(id).wrapping_sub(1);
        let offset = (place.wrapping_add(IDS) - u32::from(self.oldest)) % IDS;
        id != 0 && offset < u32::from(self.span) && !self.early.contains(&(place as u16))
    }

    /// An id is given to a message that is dropped. Who counts along sees that one is missing.
    #[cold]
    pub(crate) fn burn(&mut self) {
        if self.is_full(u16::MAX) {
            return;
        }
        let id = self.take();
        match self.span {
            1 => self.pass_oldest(),
            _ => self.early.push(id - 1),
        }
    }

    /// How many are out.
    pub(crate) fn len(&self) -> u32 {
        u32::from(self.span).saturating_sub(self.early.len() as u32)
    }

    /// The next id. The caller has asked [`Inflight::is_full`].
    #[inline]
    pub(crate) fn take(&mut self) -> u16 {
        let id = (u32::from(self.oldest) + u32::from(self.span)) % IDS;
        self.span += 1;
        id as u16 + 1
    }

    /// An id was acknowledged. `false`: it was not out.
    #[inline]
    pub(crate) fn release(&mut self, id: u16) -> bool {
        let place = u32::from(id).wrapping_sub(1);
        let offset = (place.wrapping_add(IDS) - u32::from(self.oldest)) % IDS;
        if id == 0 || offset >= u32::from(self.span) {
            return false;
        }
        if offset != 0 {
            let fresh = !self.early.contains(&(place as u16));
            if fresh {
                self.early.push(place as u16);
            }
            return fresh;
        }
        self.pass_oldest();
        while let Some(at) = self.early.iter().position(|early| *early == self.oldest) {
            self.early.swap_remove(at);
            self.pass_oldest();
            if self.early.is_empty() {
                self.early = Vec::new();
            }
        }
        true
    }

    fn pass_oldest(&mut self) {
        self.oldest = ((u32::from(self.oldest) + 1) % IDS) as u16;
        self.span -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    #[test]
    fn ids_go_round_without_zero() {
        let mut inflight = Inflight::default();
        for n in 0..200_000u32 {
            let id = inflight.take();
            assert_eq!(u32::from(id), n % IDS + 1);
            assert!(inflight.is_out(id) && !inflight.is_out(id % u16::MAX + 1));
            assert!(!inflight.release(id % u16::MAX + 1), "it is not out");
            assert!(inflight.release(id) && !inflight.release(id));
        }
        assert!(!inflight.release(0));
    }

    #[test]
    fn comes_back_with_the_ids_that_were_out() {
        for ids in [
            &[][..],
            &[7],
            &[3, 9, 4],
            &[65_535, 1, 2],
            &[1, 30_000, 65_535],
            &[65_534],
        ] {
            let mut inflight = Inflight::of(ids);
            assert_eq!(inflight.len() as usize, ids.len());
            for _ in 0..40 {
                let id = inflight.take();
                assert!(!ids.contains(&id) && inflight.release(id));
            }
            for id in ids {
                assert!(inflight.release(*id) && !inflight.release(*id), "{ids:?}");
            }
            assert!(inflight.len() == 0 && inflight.early.is_empty(), "{ids:?}");
        }
    }

    #[test]
    fn burnt_ids_are_missing_and_take_no_room_for_long() {
        let mut inflight = Inflight::default();
        inflight.burn();
        assert_eq!((inflight.take(), inflight.len()), (2, 1));
        inflight.burn();
        assert_eq!((inflight.take(), inflight.len()), (4, 2));
        assert!(inflight.is_out(4) && !inflight.is_out(3));
        assert!(inflight.release(2) && !inflight.release(3) && inflight.release(4));
        assert!(inflight.span == 0 && inflight.early.capacity() == 0);
    }

    #[test]
    fn any_order_of_acknowledgements() {
        let (mut inflight, mut out, mut seed) = (Inflight::default(), VecDeque::new(), 1u32);
        for _ in 0..100_000 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if !inflight.is_full(20) && seed >> 31 == 0 {
                let id = inflight.take();
                assert!(!out.contains(&id));
                out.push_back(id);
            } else if !out.is_empty() {
                let at = (seed >> 8) as usize % out.len();
                let id = out.remove(at).unwrap();
                assert!(inflight.release(id) && !inflight.release(id));
            }
            assert!(out.len() <= 20);
        }
        while let Some(id) = out.pop_back() {
            assert!(inflight.release(id));
        }
        assert!(inflight.span == 0 && inflight.early.capacity() == 0);
    }
}
