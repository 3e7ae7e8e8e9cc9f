// SPDX-License-Identifier: Apache-2.0
//! The ingest worker over a real Log: from a record to a row, through flushes, crashes and
//! records that can't be read.

use std::time::Duration;

use hw_kernel::port::cursor::Cursor;
use hw_kernel::port::log::Stream;
use hw_kernel::record::batch::{Batch, Envelope};
use hw_kernel::{Event, Tables};
use hw_lake::{FlushError, IngestLimits};
use hw_model::AccountId;
use hw_model::trace::Producer;

use crate::read::{numbers_of, texts};
use crate::server::{Server, envelope, flush_or_burn, ids, push, twice};
use crate::world::{ACCOUNT, World};

#[tokio::test]
async fn a_durable_message_is_visible_at_once_and_in_parquet_after_a_flush() {
    let world = World::new().await;
    let server = Server::start(&world, IngestLimits::default()).await;
    server.send(1, 1..=3).await;
    assert_eq!(server.sees(&world, "messages", 3).await, ids(1, 1..=3));
    assert_eq!(
        server.sees(&world, "telemetry", 6).await,
        twice(ids(1, 1..=3))
    );
    assert_eq!(server.handle.figures().commits, 0);

    server.send(1, 4..=5).await;
    server.handle.flush().await.expect("commits");
    for (table, rows) in [("messages", 5), ("telemetry", 10), ("events", 0)] {
        let snapshot = server
            .lake
            .snapshot(ACCOUNT, table)
            .await
            .expect("is there");
        assert_eq!(
            snapshot.files.iter().map(|file| file.rows).sum::<u64>(),
            rows,
            "{table}"
        );
        assert!(snapshot.buffer.is_empty());
        let committed = server.lake.committed(ACCOUNT, table).await.expect("known");
        assert!(
            committed.position.covers(&server.log.end()),
            "{table} has come along"
        );
    }
    server.handle.flush().await.expect("nothing to do");
    let figures = server.handle.figures();
    assert_eq!(
        (figures.messages, figures.telemetry_rows, figures.poison),
        (5, 10, 0)
    );
    server.stop().await;
}

#[tokio::test]
async fn who_has_an_answer_and_asks_finds_the_row_however_seldom_the_log_is_read() {
    let world = World::new().await;
    let limits = IngestLimits {
        linger: Duration::from_secs(3_600),
        ..IngestLimits::default()
    };
    let server = Server::start(&world, limits).await;
    for n in 1..=20 {
        server.send(1, n..=n).await;
        assert_eq!(server.lake.list(ACCOUNT).await.expect("lists").len(), 3);
        let seen = texts(&world, &server.lake, "messages", "trace_id").await;
        assert_eq!(seen, ids(1, 1..=n));
    }
    server.stop().await;
}

#[tokio::test]
async fn the_log_is_let_go_behind_all_tables() {
    let world = World::new().await;
    let server = Server::start(&world, IngestLimits::default()).await;
    for n in 0..40 {
        server.send(1, n * 100 + 1..=n * 100 + 100).await;
    }
    server.handle.flush().await.expect("commits");
    let held = server.log.status();
    assert!(held.bytes < 200 << 10, "{held:?}");
    assert_eq!(
        texts(&world, &server.lake, "messages", "trace_id").await,
        ids(1, 1..=4_000)
    );
    server.stop().await;
}

#[tokio::test]
async fn closing_commits_and_a_flush_after_it_says_so() {
    let world = World::new().await;
    let server = Server::start(&world, IngestLimits::default()).await;
    let handle = server.handle.clone();
    server.send(1, 1..=2).await;
    server.sees(&world, "messages", 2).await;
    server.stop().await;
    assert_eq!(handle.flush().await, Err(FlushError::Ended));
    let lake = world.lake().await;
    assert_eq!(
        texts(&world, &lake, "messages", "trace_id").await,
        ids(1, 1..=2)
    );
}

/// Kills the worker at each write of a flush, and lets the producer write twice what it can't know
/// to be safe.
#[tokio::test]
async fn kills_lose_and_double_nothing() {
    let world = World::new().await;
    let (mut nth, mut sequence) = (0, 0);
    loop {
        let server = Server::start(&world, IngestLimits::default()).await;
        let from = sequence + 1;
        sequence += 3;
        server.send(1, from..=sequence).await;
        server.send(1, from..=sequence).await;
        let mut batch = Batch::default();
        sequence += 1;
        push(&mut batch, 1, sequence, b"{not json");
        server.append(batch).await;
        world.fuse.arm(nth, nth % 2 == 1);
        let burnt = flush_or_burn(&world, &server.handle).await;
        server.kill().await;
        nth += 1;
        if !burnt {
            break;
        }
    }
    assert!(nth > 15, "three tables of six writes: {nth}");
    let server = Server::start(&world, IngestLimits::default()).await;
    server.handle.flush().await.expect("commits");
    let messages = texts(&world, &server.lake, "messages", "trace_id").await;
    assert_eq!(messages, ids(1, 1..=sequence));
    let json = ids(1, 1..=sequence)
        .into_iter()
        .enumerate()
        .filter(|(n, _)| n % 4 != 3);
    let telemetry = texts(&world, &server.lake, "telemetry", "trace_id").await;
    assert_eq!(telemetry, twice(json.map(|(_, id)| id).collect()));
    let counts = numbers_of(&world, &server.lake, "events", "count").await;
    assert_eq!(
        counts.iter().sum::<i64>() as u64,
        sequence / 4,
        "one for each broken payload"
    );
    server.stop().await;
}

/// The answer to a write is lost: the worker goes on in the same process.
#[tokio::test]
async fn lost_answers_lose_and_double_nothing() {
    let world = World::new().await;
    let limits = IngestLimits {
        retry_after: Duration::from_millis(1),
        ..Default::default()
    };
    let server = Server::start(&world, limits).await;
    let (mut nth, mut burnt) = (0, true);
    while burnt {
        server
            .send(1, nth as u64 * 3 + 1..=nth as u64 * 3 + 3)
            .await;
        world.fuse.arm(nth, true);
        burnt = flush_or_burn(&world, &server.handle).await;
        server.handle.flush().await.ok();
        server.handle.flush().await.expect("commits");
        nth += 1;
    }
    let last = nth as u64 * 3;
    assert_eq!(
        texts(&world, &server.lake, "messages", "trace_id").await,
        ids(1, 1..=last)
    );
    assert_eq!(
        texts(&world, &server.lake, "telemetry", "trace_id").await,
        twice(ids(1, 1..=last))
    );
    server.stop().await;
}

#[tokio::test]
async fn somebody_elses_commit_makes_the_worker_read_again() {
    let world = World::new().await;
    let server = Server::start(&world, IngestLimits::default()).await;
    server.send(1, 1..=3).await;
    server.handle.flush().await.expect("commits");
    let other = world.lake().await;
    server.send(1, 4..=6).await;
    server.sees(&world, "messages", 6).await;
    // The other one commits the same rows from the same place, as a second server would.
    let snapshot = server
        .lake
        .snapshot(ACCOUNT, "messages")
        .await
        .expect("is there");
    let mut source: Cursor = server
        .lake
        .committed(ACCOUNT, "messages")
        .await
        .expect("known");
    source.position.advance(&server.log.end());
    source.admit(Producer { epoch: 1, shard: 0 }, 6);
    for rows in snapshot.buffer {
        other
            .append(ACCOUNT, "messages", rows, &source)
            .await
            .expect("taken");
    }
    other.flush(ACCOUNT).await.expect("commits");
    server
        .handle
        .flush()
        .await
        .expect("reads again, then commits");
    assert_eq!(
        texts(&world, &server.lake, "messages", "trace_id").await,
        ids(1, 1..=6)
    );
    assert_eq!(
        texts(&world, &server.lake, "telemetry", "trace_id").await,
        twice(ids(1, 1..=6))
    );
    server.stop().await;
}

#[tokio::test]
async fn a_failed_commit_keeps_the_rows_and_says_so() {
    let world = World::new().await;
    let server = Server::start(&world, IngestLimits::default()).await;
    server.send(1, 1..=3).await;
    server.sees(&world, "messages", 3).await;
    world.fuse.arm(0, false);
    let failed = server.handle.flush().await;
    assert!(matches!(failed, Err(FlushError::Failed(_))), "{failed:?}");
    world.fuse.disarm();
    assert_eq!(
        texts(&world, &server.lake, "messages", "trace_id").await,
        ids(1, 1..=3)
    );
    server.handle.flush().await.expect("commits");
    assert_eq!(
        texts(&world, &server.lake, "messages", "trace_id").await,
        ids(1, 1..=3)
    );
    server.stop().await;
}

#[tokio::test]
async fn poison_and_events_become_rows_and_accounts_are_apart() {
    let world = World::new().await;
    let server = Server::start(&world, IngestLimits::default()).await;
    let mut batch = Batch::default();
    batch.push(&envelope(Stream::MESSAGES, 1, 1), |out| {
        out.extend_from_slice(b"\xffnonsense")
    });
    push(&mut batch, 1, 2, b"7");
    let mut refused = Event::new(ACCOUNT, "connect", "refused", "certificate INACTIVE");
    refused.address = Some("192.0.2.9".into());
    let of_journal = envelope(Stream::EVENTS, 1, 3);
    batch.push(&of_journal, |out| {
        hw_kernel::record::event::encode(&refused, out)
    });
    let other = AccountId::from_number(7).expect("a number of an account");
    let of_other = Envelope {
        account: other,
        ..envelope(Stream::EVENTS, 1, 4)
    };
    batch.push(&of_other, |out| {
        hw_kernel::record::event::encode(&refused, out)
    });
    server.append(batch).await;
    server.handle.flush().await.expect("commits");
    let causes = texts(&world, &server.lake, "events", "cause").await;
    assert_eq!(
        causes,
        ["a message record can't be read", "certificate INACTIVE"]
    );
    assert_eq!(
        texts(&world, &server.lake, "events", "address").await,
        ["192.0.2.9"]
    );
    assert_eq!(
        texts(&world, &server.lake, "messages", "trace_id").await,
        ids(1, 2..=2)
    );
    let theirs = server
        .lake
        .snapshot(other, "events")
        .await
        .expect("made with the first row");
    assert_eq!(theirs.files.len(), 1);
    assert_eq!(server.handle.figures().poison, 1);
    server.stop().await;
}

#[tokio::test]
async fn a_full_buffer_is_committed_and_everything_arrives() {
    let limits = IngestLimits {
        buffer_bytes_max: 64 << 10,
        read_bytes_max: 16 << 10,
        ..Default::default()
    };
    let world = World::new().await;
    let server = Server::start(&world, limits).await;
    for n in 0..20 {
        server.send(1, n * 100 + 1..=n * 100 + 100).await;
    }
    server.sees(&world, "messages", 2_000).await;
    assert!(server.handle.figures().commits > 0);
    assert_eq!(
        texts(&world, &server.lake, "messages", "trace_id").await,
        ids(1, 1..=2_000)
    );
    server.stop().await;
}
