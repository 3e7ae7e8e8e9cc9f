// SPDX-License-Identifier: Apache-2.0
//! While the Log is nearly full, those who send most are slowed down, and nobody else.

use crate::bench::*;

#[test]
fn who_sends_little_is_not_held_up_by_floods() {
    let mut bench = Bench::new();
    let floods = [bench.connect(V5, "one"), bench.connect(V5, "two")];
    let meter = bench.connect(V5, "meter");
    let mut reader = bench.connect(V5, "reader");
    bench.subscribe(&mut reader, "b", 0);
    let large = "x".repeat(2_000);
    // A turn: all three send, if they are read; the reader answers a ping.
    let turn = |bench: &mut Bench, pace: Option<u64>| {
        let now = bench.now();
        bench.shards[0].slow_down(now, pace);
        for flood in &floods {
            if bench.shards[0].rests(now, flood.slot).is_none() {
                bench.publish(flood, &message("a", 0, 0, &large));
            }
        }
        assert_eq!(bench.shards[0].rests(now, meter.slot), None);
        bench.publish(&meter, &message("a", 0, 0, "12.5"));
        assert_eq!(bench.shards[0].rests(now, reader.slot), None);
        bench.tick(1);
    };
    let taken = |bench: &Bench| bench.shards[0].counters().bytes_received;
    // As many bytes as come, while any number may.
    let before = taken(&bench);
    (0..1_000).for_each(|_| turn(&mut bench, None));
    assert!(taken(&bench) - before > 4_000_000);
    // 300 KB a second for three senders: the meter needs little of its part, the floods have theirs.
    (0..300).for_each(|_| turn(&mut bench, Some(300_000)));
    let before = taken(&bench);
    (0..1_000).for_each(|_| turn(&mut bench, Some(300_000)));
    let came = taken(&bench) - before;
    assert!((190_000..240_000).contains(&came), "{came}");
    // One that has a long message still gets its turn, and all go on when the Log has room again.
    let huge = "x".repeat(200_000);
    bench.publish(&floods[0], &message("a", 0, 0, &huge));
    let now = bench.now();
    let until = bench.shards[0].rests(now, floods[0].slot).expect("a rest");
    assert!(until.as_millis() as u64 <= bench.millis + 100);
    bench.shards[0].slow_down(now, None);
    assert_eq!(bench.shards[0].rests(now, floods[0].slot), None);
}
