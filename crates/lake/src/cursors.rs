// SPDX-License-Identifier: Apache-2.0
//! Sums of cursors: what all of them have seen, and what one that follows two has seen.

use hw_kernel::port::cursor::Cursor;

/// What every one of `cursors` has seen; nothing if there are none.
pub(crate) fn common<'a>(mut cursors: impl Iterator<Item = &'a Cursor>) -> Cursor {
    let Some(first) = cursors.next() else {
        return Cursor::default();
    };
    cursors.fold(first.clone(), |mut sum, next| {
        sum.position = sum.position.common(&next.position);
        sum.producers.retain(|producer, sequence| {
            let there = next.producers.get(producer);
            *sequence = (*sequence).min(there.copied().unwrap_or(0));
            there.is_some()
        });
        sum
    })
}

/// Moves `cursor` on to everything that `other` has seen too.
pub(crate) fn advance(cursor: &mut Cursor, other: &Cursor) {
    cursor.position.advance(&other.position);
    for (producer, sequence) in &other.producers {
        cursor.admit(*producer, *sequence);
    }
}

#[cfg(test)]
mod tests {
    use hw_kernel::port::position::{Partition, Position};
    use hw_model::trace::Producer;

    use super::*;

    fn cursor(offset: u64, producers: &[(u32, u64)]) -> Cursor {
        let partition = Partition {
            stream: 1,
            partition: 0,
            epoch: 1,
        };
        let producer = |(epoch, sequence): &(u32, u64)| {
            let producer = Producer {
                epoch: *epoch,
                shard: 0,
            };
            (producer, *sequence)
        };
        Cursor {
            position: Position([(partition, offset)].into()),
            producers: producers.iter().map(producer).collect(),
        }
    }

    #[test]
    fn common_is_the_least_and_advance_the_most() {
        let (a, b) = (cursor(5, &[(1, 9), (2, 4)]), cursor(7, &[(2, 3), (3, 1)]));
        assert_eq!(common([&a, &b].into_iter()), cursor(5, &[(2, 3)]));
        assert_eq!(common([].into_iter()), Cursor::default());
        let mut sum = a;
        advance(&mut sum, &b);
        assert_eq!(sum, cursor(7, &[(1, 9), (2, 4), (3, 1)]));
    }
}
