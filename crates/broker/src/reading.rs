// SPDX-License-Identifier: Apache-2.0
//! Reads owed messages from the Log for sessions that catch up: on a thread of its own, so that no
//! shard waits for a disk.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use hw_kernel::Log;
use hw_kernel::port::log::{LogError, Stream};
use hw_kernel::port::position::{Partition, Position};
use hw_kernel::record::batch::{Envelope, RecordRef};
use hw_kernel::record::message::{self, Decoded};
use hw_session::journal::{Found, FoundMessage, Recipient};

use parking_lot::{Condvar, Mutex};

use crate::journal::owed;
use crate::shared::Shared;

/// Bytes that are read at once.
const READ_BYTES: usize = 256 << 10;

/// Bytes of messages that are brought to a session at once; the others are asked for again.
const BROUGHT_BYTES_MAX: usize = 1 << 20;

/// Rest after a read that failed.
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// The streams in which an owed message stands.
const STREAMS: [Stream; 2] = [Stream::OWED, Stream::MESSAGES];

/// What a session wants read.
#[derive(Debug)]
pub struct Wanted {
    /// Its home shard.
    pub shard: u16,
    /// Its number.
    pub session: u64,
    /// Where its messages stand.
    pub places: Vec<u64>,
}

/// What was read for a session.
#[derive(Debug)]
pub struct Brought {
    /// Its number.
    pub session: u64,
    /// The messages.
    pub found: Vec<Found>,
}

/// What sessions want read, in the order in which they asked. Each asks for one at a time, so there
/// are never more than sessions.
#[derive(Debug, Default)]
pub struct Wants {
    queue: Mutex<VecDeque<Wanted>>,
    came: Condvar,
    ended: AtomicBool,
}

impl Wants {
    /// Lines one up.
    pub fn push(&self, wanted: Wanted) {
        self.queue.lock().push_back(wanted);
        self.came.notify_one();
    }

    /// Nothing is read any more.
    pub fn end(&self) {
        self.ended.store(true, Ordering::SeqCst);
        let _queue = self.queue.lock();
        self.came.notify_all();
    }

    /// Waits for the next one; `None` at the end.
    fn next(&self) -> Option<Wanted> {
        let mut queue = self.queue.lock();
        loop {
            if self.ended.load(Ordering::SeqCst) {
                return None;
            }
            if let Some(wanted) = queue.pop_front() {
                return Some(wanted);
            }
            self.came.wait(&mut queue);
        }
    }

    /// Rests, unless the end comes.
    fn rest(&self, span: Duration) {
        let mut queue = self.queue.lock();
        if !self.ended.load(Ordering::SeqCst) {
            self.came.wait_for(&mut queue, span);
        }
    }
}

/// Works until the end.
pub fn run(shared: &Weak<Shared>, wants: &Wants) {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "owed messages can't be read: sessions will not catch up");
            return;
        }
    };
    while let Some(Wanted {
        shard,
        session,
        places,
    }) = wants.next()
    {
        let Some(shared) = shared.upgrade() else {
            return;
        };
        let found = match runtime.block_on(fetch(&*shared.log, &places)) {
            Ok(found) => found,
            Err(error) => {
                tracing::error!(%error, "owed messages can't be read now");
                // It is asked for again; not as fast as this fails.
                wants.rest(RETRY_AFTER);
                BTreeMap::new()
            }
        };
        let found: Vec<Found> = found
            .into_iter()
            .map(|(place, owed)| Found {
                place,
                message: owed.and_then(|owed| owed.for_session(session)),
            })
            .collect();
        let lane = shared.lane(shard);
        lane.brought.lock().push(Brought { session, found });
        lane.signal();
    }
}

/// An owed message as it stands in the Log.
#[derive(Debug)]
pub struct Stored {
    /// Of its record.
    pub envelope: Envelope,
    /// Who is owed it.
    pub recipients: Vec<Recipient>,
    /// The message, encoded as in the Log.
    pub body: Vec<u8>,
}

impl Stored {
    /// The message.
    pub fn message(&self) -> Option<Decoded<'_>> {
        message::decode(&self.body).ok()
    }

    fn for_session(&self, session: u64) -> Option<FoundMessage> {
        let recipient = self.recipients.iter().find(|it| it.session == session)?;
        let message = self.message()?;
        Some(FoundMessage {
            trace: self.envelope.trace,
            time: self.envelope.time,
            topic: message.topic.into(),
            properties: message.properties.into(),
            payload: message.payload.into(),
            qos: recipient.qos,
            retain: recipient.retain,
            subscription_ids: recipient.subscription_ids.clone(),
        })
    }
}

/// The position behind which a record at that place is the first one.
pub fn after(log: &dyn Log, streams: &[Stream], place: u64) -> Position {
    let life = log.end().0.keys().next().copied();
    let partition = life.unwrap_or(Partition {
        stream: 0,
        partition: 0,
        epoch: 0,
    });
    let of = |stream: &Stream| {
        let stream = stream.0;
        (
            Partition {
                stream,
                ..partition
            },
            place,
        )
    };
    Position(streams.iter().map(of).collect())
}

/// Reads the messages at these places, as many as are brought at once. `None`: it is not there.
pub async fn fetch(
    log: &dyn Log,
    places: &[u64],
) -> Result<BTreeMap<u64, Option<Stored>>, LogError> {
    let mut found: BTreeMap<u64, Option<Stored>> = BTreeMap::new();
    let mut bytes = 0;
    for place in places {
        if found.contains_key(place) {
            continue;
        }
        if bytes > BROUGHT_BYTES_MAX {
            break;
        }
        found.insert(*place, None);
        let at = after(log, &STREAMS, *place);
        // One read holds a record and its message, and often more that are wanted.
        let read = log.read(&STREAMS, &at, READ_BYTES).await?;
        let mut records = read.placed().peekable();
        while let Some((start, record)) = records.next() {
            if record.envelope.stream != Stream::OWED || !places.contains(&start) {
                continue;
            }
            let next = records.peek().map(|(_, next)| *next);
            if let Some(stored) = stored(&record, next.as_ref()) {
                bytes += stored.body.len();
                found.insert(start, Some(stored));
            }
        }
        drop(records);
        if found.get(place).is_some_and(Option::is_none)
            && let Some(stored) = read_both(log, &at).await?
        {
            // The message did not fit into the read with its record.
            bytes += stored.body.len();
            found.insert(*place, Some(stored));
        }
    }
    Ok(found)
}

/// Reads the record behind that position and the message behind it, one by one.
async fn read_both(log: &dyn Log, at: &Position) -> Result<Option<Stored>, LogError> {
    let first = log.read(&STREAMS, at, 1).await?;
    let Some(record) = first.records().next() else {
        return Ok(None);
    };
    let second = log.read(&STREAMS, &first.next, 1).await?;
    Ok(stored(&record, second.records().next().as_ref()))
}

/// The message of a record, which is in it or in the next one.
fn stored(record: &RecordRef<'_>, next: Option<&RecordRef<'_>>) -> Option<Stored> {
    let owed = owed::decode(record.body).ok()?;
    let body = match owed::message_bytes(record.body) {
        Some(here) => here,
        None => {
            let is_it = |it: &&RecordRef<'_>| {
                let there = it.envelope;
                there.stream == Stream::MESSAGES && there.trace == record.envelope.trace
            };
            next.filter(is_it)?.body
        }
    };
    Some(Stored {
        envelope: record.envelope,
        recipients: owed.recipients,
        body: body.to_vec(),
    })
}

/// Starts the thread.
pub fn start(shared: &Arc<Shared>) -> std::io::Result<JoinHandle<()>> {
    let (weak, wants) = (Arc::downgrade(shared), shared.wants.clone());
    let named = std::thread::Builder::new().name("session-reader".to_owned());
    named.spawn(move || run(&weak, &wants))
}
