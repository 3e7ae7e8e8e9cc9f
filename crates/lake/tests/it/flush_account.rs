// SPDX-License-Identifier: Apache-2.0
//! A flush that one account asks for: its rows are in Parquet, those of others are left alone.

use std::time::Duration;

use hw_kernel::Tables;
use hw_lake::{IngestLimits, Lake};
use hw_model::AccountId;

use crate::aside::{of, send};
use crate::read::{texts, texts_of};
use crate::server::Server;
use crate::world::{ACCOUNT, World};

/// No commit by itself.
fn limits() -> IngestLimits {
    IngestLimits {
        commit_interval: Duration::from_secs(3_600),
        ..IngestLimits::default()
    }
}

async fn files(lake: &Lake, account: AccountId) -> usize {
    let snapshot = lake.snapshot(account, "messages").await;
    snapshot.expect("is there").files.len()
}

#[tokio::test]
async fn rows_of_others_wait_for_their_own_commit_and_are_there_once() {
    let world = World::new().await;
    let other = AccountId::from_number(2).expect("a number of an account");
    let server = Server::start(&world, limits()).await;
    send(&server, other, 1..=3).await;
    server.handle.flush_account(ACCOUNT).await.expect("commits");
    assert_eq!(files(&server.lake, ACCOUNT).await, 1);
    assert_eq!(files(&server.lake, other).await, 0);
    let committed = |account| server.lake.committed(account, "messages");
    let end = server.log.end();
    assert!(
        committed(ACCOUNT)
            .await
            .expect("known")
            .position
            .covers(&end)
    );
    assert!(!committed(other).await.expect("known").position.covers(&end));
    let own = texts_of(&world, &server.lake, other, "messages", "trace_id").await;
    assert_eq!(own, of(false, 3), "visible all the same");
    // Asked for by both at once: one commit serves both.
    send(&server, other, 4..=4).await;
    let (one, two) = tokio::join!(
        server.handle.flush_account(ACCOUNT),
        server.handle.flush_account(other)
    );
    assert_eq!((one, two), (Ok(()), Ok(())));
    send(&server, other, 5..=5).await;
    server.handle.flush_account(ACCOUNT).await.expect("commits");
    server.kill().await;

    // The tables have come to different places, and each goes on from its own.
    let server = Server::start(&world, limits()).await;
    send(&server, other, 6..=6).await;
    server.handle.flush().await.expect("commits");
    for table in ["messages", "telemetry"] {
        let first = texts(&world, &server.lake, table, "trace_id").await;
        assert_eq!(first, of(true, 6), "{table}");
        let second = texts_of(&world, &server.lake, other, table, "trace_id").await;
        assert_eq!(second, of(false, 6), "{table}");
    }
}
