// SPDX-License-Identifier: Apache-2.0
//! A damaged table of one account: the others go on, and its rows wait in the Log until it is
//! mended, over a restart too.

use std::time::Duration;

use hw_kernel::Tables;
use hw_kernel::port::blobs::Put;
use hw_kernel::port::log::Stream;
use hw_kernel::record::batch::{Batch, Envelope};
use hw_kernel::record::message::{self, Message, PrincipalRef};
use hw_lake::{FlushError, IngestLimits};
use hw_model::AccountId;

use crate::read::{texts, texts_of};
use crate::server::{Server, envelope, ids};
use crate::world::{ACCOUNT, World};

fn limits() -> IngestLimits {
    IngestLimits {
        commit_interval: Duration::from_millis(20),
        commit_spacing_min: Duration::from_millis(1),
        heal_after: Duration::from_millis(20),
        ..IngestLimits::default()
    }
}

/// A message of each account for each sequence number.
pub async fn send(server: &Server, other: AccountId, sequences: std::ops::RangeInclusive<u64>) {
    let mut batch = Batch::default();
    for sequence in sequences {
        for (account, sequence) in [(ACCOUNT, 2 * sequence - 1), (other, 2 * sequence)] {
            let envelope = Envelope {
                account,
                ..envelope(Stream::MESSAGES, 1, sequence)
            };
            let message = Message {
                topic: "a/b",
                client_id: "c",
                principal: PrincipalRef::Other("tests"),
                thing: None,
                qos: 1,
                retain: false,
                properties: &[],
                payload: b"{\"x\":1}",
                recipients: &[],
            };
            batch.push(&envelope, |out| message::encode(&message, out));
        }
    }
    server.append(batch).await;
}

pub fn of(account_first: bool, to: u64) -> Vec<String> {
    let all = ids(1, 1..=2 * to).into_iter().enumerate();
    let own = all.filter(|(n, _)| (n % 2 == 0) == account_first);
    own.map(|(_, id)| id).collect()
}

#[tokio::test]
async fn others_go_on_and_its_rows_come_when_it_is_mended() {
    let world = World::new().await;
    let other = AccountId::from_number(2).expect("a number of an account");
    let server = Server::start(&world, limits()).await;
    send(&server, other, 1..=3).await;
    server.handle.flush().await.expect("commits");
    server.stop().await;

    // The pointer leads nowhere.
    let folder = format!("lake/{other}/telemetry/metadata/");
    let objects = world.blobs.list(&folder).await.expect("lists");
    let mut taken = Vec::new();
    for object in objects.iter().filter(|o| o.key.ends_with(".metadata.json")) {
        taken.push((
            object.key.clone(),
            world.blobs.get(&object.key, None).await.expect("reads"),
        ));
        world.blobs.delete(&object.key).await.expect("deletes");
    }

    let server = Server::start(&world, limits()).await;
    send(&server, other, 4..=6).await;
    let flushed = server.handle.flush().await;
    let told = matches!(&flushed, Err(FlushError::Failed(words)) if words.contains("telemetry of account 000000000002 is damaged"));
    assert!(told, "{flushed:?}");
    assert_eq!(
        texts(&world, &server.lake, "telemetry", "trace_id").await,
        of(true, 6)
    );
    assert_eq!(
        texts_of(&world, &server.lake, other, "messages", "trace_id").await,
        of(false, 6)
    );
    let kinds = texts_of(&world, &server.lake, other, "events", "outcome").await;
    assert_eq!(kinds, ["damaged"]);
    server.kill().await;

    let server = Server::start(&world, limits()).await;
    send(&server, other, 7..=8).await;
    assert!(server.handle.flush().await.is_err(), "still damaged");
    for (key, bytes) in taken {
        world
            .blobs
            .put(&key, bytes, Put::IfAbsent)
            .await
            .expect("puts");
    }
    while server.handle.flush().await.is_err() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for table in ["messages", "telemetry"] {
        assert_eq!(
            texts(&world, &server.lake, table, "trace_id").await,
            of(true, 8),
            "{table}"
        );
        let own = texts_of(&world, &server.lake, other, table, "trace_id").await;
        assert_eq!(own, of(false, 8), "{table}");
    }
    let committed = server
        .lake
        .committed(other, "telemetry")
        .await
        .expect("known");
    assert!(committed.position.covers(&server.log.end()));
}
