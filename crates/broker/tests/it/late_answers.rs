// SPDX-License-Identifier: Apache-2.0
//! A log that is slow to say what it has kept: a checkpoint must not let go of what a session is
//! owed and has not been told of.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use hw_kernel::Log;
use hw_kernel::port::log::{Done, LogError, LogStatus, Read, Stream};
use hw_kernel::port::position::Position;
use hw_kernel::record::batch::Batch;
use hw_log::SegmentLog;
use hw_model::AccountId;
use hw_mqtt::Qos;
use hw_session::home_shard;
use parking_lot::{Condvar, Mutex};
use tokio::task::block_in_place;

use crate::client::{Got, publish_packet};
use crate::fakes::PATIENCE;
use crate::house::House;
use crate::lasting::{V3, come, open, publish, take};

const LATE: &[u8] = b"late one";

/// The same, but for one answer: that to the first batch with [`LATE`] waits.
struct LateLog {
    log: Arc<SegmentLog>,
    held: Arc<Held>,
}

#[derive(Default)]
struct Held {
    answer: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    begun: AtomicBool,
    came: Condvar,
}

impl Held {
    fn take(&self) -> Box<dyn FnOnce() + Send> {
        let mut answer = self.answer.lock();
        if answer.is_none() {
            let late = self.came.wait_for(&mut answer, PATIENCE).timed_out();
            assert!(!late, "the late one never became durable");
        }
        answer.take().expect("it came")
    }
}

#[async_trait]
impl Log for LateLog {
    fn append(&self, batch: Batch, done: Done) {
        let is_late = batch.bytes().windows(LATE.len()).any(|it| it == LATE);
        if !is_late || self.held.begun.swap(true, Ordering::SeqCst) {
            return self.log.append(batch, done);
        }
        let held = self.held.clone();
        let answer = move |outcome: Result<Position, LogError>| {
            *held.answer.lock() = Some(Box::new(move || done(outcome)));
            held.came.notify_all();
        };
        self.log.append(batch, Box::new(answer));
    }

    async fn read(&self, of: &[Stream], after: &Position, max: usize) -> Result<Read, LogError> {
        self.log.read(of, after, max).await
    }

    fn end(&self) -> Position {
        self.log.end()
    }

    async fn wait(&self, after: &Position) {
        self.log.wait(after).await;
    }

    async fn trim(&self, stream: Stream, before: &Position) -> Result<(), LogError> {
        self.log.trim(stream, before).await
    }

    fn status(&self) -> LogStatus {
        self.log.status()
    }
}

/// A client id whose sessions live on that shard of two.
fn id_on(shard: u16, name: &str) -> String {
    let ids = (0..100).map(|n| format!("{name}-{n}"));
    let mut fitting = ids.filter(|id| home_shard(AccountId::FIRST, id, 2) == shard);
    fitting.next().expect("one of a hundred")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_waits_for_what_the_log_has_kept_and_not_said() {
    let dir = tempfile::tempdir().expect("a folder");
    let (log, held) = (open(dir.path()), Arc::<Held>::default());
    let late = LateLog {
        log: log.clone(),
        held: held.clone(),
    };
    let house = House::on(Arc::new(late), 1);
    let taker = id_on(1, "taker");
    let (mut giver, answer) = block_in_place(|| {
        let mut to = come(&house, &taker);
        assert_eq!(to.subscribe("owed/#", Qos::AtLeastOnce), 1);
        drop(to);
        let mut giver = house.connect(&id_on(0, "giver"));
        giver.send(&publish_packet(V3, "owed/a", LATE, 7));
        let answer = held.take();
        // Enough that the segment with it can go.
        let mut filler = house.connect(&id_on(1, "filler"));
        let large = "x".repeat(400);
        (0..100).for_each(|_| publish(&mut filler, "other", &large, 2, false));
        (giver, answer)
    });
    // The tables need nothing of it.
    for stream in [Stream::MESSAGES, Stream::EVENTS] {
        log.trim(stream, &log.end()).await.expect("trimmed");
    }
    let checkpointer = house.broker.checkpointer(None);
    let mut checkpoint = tokio::spawn(async move { checkpointer.write_now().await });
    let early = tokio::time::timeout(Duration::from_millis(300), &mut checkpoint).await;
    answer();
    assert_eq!(block_in_place(|| giver.next()), Got::PubAck(7, 0));
    match early {
        Ok(ended) => ended,
        Err(_) => checkpoint.await,
    }
    .expect("it ends")
    .expect("written");
    house.broker.shutdown();
    drop((giver, house));
    log.close();
    drop(log);
    let house = House::on(open(dir.path()), 2);
    let got = block_in_place(|| take(&mut come(&house, &taker), 1));
    assert_eq!(got, ["late one"]);
}
