// SPDX-License-Identifier: Apache-2.0
//! A log, a lake and the worker between them, for tests of the worker.

use std::sync::Arc;
use std::time::Duration;

use hw_kernel::port::log::Stream;
use hw_kernel::record::batch::{Batch, Envelope};
use hw_kernel::record::message::{self, Message, PrincipalRef};
use hw_kernel::shutdown::{self, ShutdownSender};
use hw_kernel::worker::Worker;
use hw_kernel::{Log, Tables};
use hw_lake::{Ingest, IngestHandle, IngestLimits, Lake};
use hw_model::trace::Producer;
use hw_model::{Timestamp, TraceId};
use tokio::task::JoinHandle;

use crate::read::texts;
use crate::world::{ACCOUNT, NOON, World};

/// A server's part of the way: log, lake and worker.
pub struct Server {
    pub log: Arc<dyn Log>,
    pub lake: Arc<Lake>,
    pub handle: IngestHandle,
    shutdown: ShutdownSender,
    running: JoinHandle<()>,
}

impl Server {
    pub async fn start(world: &World, limits: IngestLimits) -> Self {
        let url = format!("file://{}/log", world.folder.path().display());
        let settings = hw_log::Settings {
            segment_bytes: 64 << 10,
            ..Default::default()
        };
        // A killed server of this process may still be freeing a segment; of another it could not.
        let mut tries = 0;
        let log = loop {
            match hw_log::open_url(&url, settings.clone(), Arc::clone(&world.clock)) {
                Ok((log, _)) => break log,
                Err(error) if tries == 100 => panic!("the log does not open: {error}"),
                Err(_) => tries += 1,
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        };
        let lake = world.lake().await;
        let clock = Arc::clone(&world.clock);
        let (ingest, handle) = Ingest::new(Arc::clone(&lake), Arc::clone(&log), clock, limits);
        let (sender, receiver) = shutdown::channel();
        let running = tokio::spawn(async move { ingest.run(receiver).await });
        Self {
            log,
            lake,
            handle,
            shutdown: sender,
            running,
        }
    }

    /// Dies: nothing more is written from here on.
    pub async fn kill(self) {
        self.running.abort();
        let _ = self.running.await;
    }

    /// Ends in good order.
    pub async fn stop(self) {
        self.shutdown.begin();
        self.running.await.expect("ends");
    }

    /// Appends and waits until it is durable.
    pub async fn append(&self, batch: Batch) {
        let (done, durable) = tokio::sync::oneshot::channel();
        self.log
            .append(batch, Box::new(move |outcome| drop(done.send(outcome))));
        durable.await.expect("answers").expect("is durable");
    }

    pub async fn send(&self, epoch: u32, sequences: std::ops::RangeInclusive<u64>) {
        let mut batch = Batch::default();
        sequences.for_each(|sequence| push(&mut batch, epoch, sequence, br#"{"x":1,"y":"on"}"#));
        self.append(batch).await;
    }

    /// Waits until rows are visible, without any commit.
    pub async fn sees(&self, world: &World, table: &str, rows: usize) -> Vec<String> {
        loop {
            if self.lake.snapshot(ACCOUNT, table).await.is_ok() {
                let texts = texts(world, &self.lake, table, "trace_id").await;
                if texts.len() >= rows {
                    return texts;
                }
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

pub fn envelope(stream: Stream, epoch: u32, sequence: u64) -> Envelope {
    let producer = Producer { epoch, shard: 0 };
    Envelope {
        stream,
        account: ACCOUNT,
        trace: TraceId { producer, sequence },
        time: Timestamp(NOON + sequence as i64),
    }
}

pub fn push(batch: &mut Batch, epoch: u32, sequence: u64, payload: &[u8]) {
    let message = Message {
        topic: "things/t/x",
        client_id: "t",
        principal: PrincipalRef::Other("tests"),
        thing: Some("t"),
        qos: 1,
        retain: false,
        properties: &[],
        payload,
        recipients: &[],
    };
    batch.push(&envelope(Stream::MESSAGES, epoch, sequence), |out| {
        message::encode(&message, out)
    });
}

pub fn ids(epoch: u32, sequences: std::ops::RangeInclusive<u64>) -> Vec<String> {
    let producer = Producer { epoch, shard: 0 };
    let id = |sequence| TraceId { producer, sequence }.to_string();
    sequences.map(id).collect()
}

pub fn twice(ids: Vec<String>) -> Vec<String> {
    ids.into_iter().flat_map(|id| [id.clone(), id]).collect()
}

/// Flushes until that is done or a write has failed: whether one has. (Where not even the tables
/// can be made, a flush waits until they can.)
pub async fn flush_or_burn(world: &World, handle: &IngestHandle) -> bool {
    tokio::select! {
        biased;
        () = world.fuse.burns() => {}
        _ = handle.flush() => {}
    }
    world.fuse.disarm()
}
