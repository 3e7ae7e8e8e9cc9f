// SPDX-License-Identifier: Apache-2.0
//! An open live stream: turns what its tap has into chunks of events until somebody ends it.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use futures::Stream;
use hw_kernel::live::{LiveMessage, Tap};
use hw_kernel::{Clock, Shutdown};
use tokio::sync::OwnedSemaphorePermit;

use super::frame;
use crate::limits::KEEP_ALIVE_SPAN;

/// Messages that wait are sent together until a chunk has so many bytes.
const CHUNK_BYTES: usize = 64 << 10;

/// One reader's stream. Dropping it closes the tap and frees the place.
pub(super) struct Watch {
    tap: Tap,
    thing: Option<String>,
    clock: Arc<dyn Clock>,
    shutdown: Shutdown,
    quiet: Pin<Box<dyn Future<Output = ()> + Send>>,
    opened: bool,
    /// Drops that the reader has been told of.
    told: u64,
    _place: OwnedSemaphorePermit,
}

impl Watch {
    pub(super) fn new(
        tap: Tap,
        thing: Option<String>,
        clock: Arc<dyn Clock>,
        shutdown: Shutdown,
        place: OwnedSemaphorePermit,
    ) -> Self {
        let quiet = clock.sleep(KEEP_ALIVE_SPAN);
        Self {
            tap,
            thing,
            clock,
            shutdown,
            quiet,
            opened: false,
            told: 0,
            _place: place,
        }
    }

    /// The body of the answer.
    pub(super) fn chunks(self) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
        futures::stream::unfold(self, |mut watch| async move {
            let chunk = watch.next().await?;
            Some((Ok(Bytes::from(chunk)), watch))
        })
    }

    /// The next chunk; `None` when the server or the tap ends.
    async fn next(&mut self) -> Option<String> {
        if !self.opened {
            self.opened = true;
            return Some(frame::comment("listening"));
        }
        let mut out = String::new();
        while out.is_empty() {
            tokio::select! {
                biased;
                () = self.shutdown.begun() => return None,
                message = self.tap.messages.recv() => self.take(message?, &mut out),
                () = self.quiet.as_mut() => out.push_str(&frame::comment("keep-alive")),
            }
            self.tell_drops(&mut out);
        }
        self.quiet = self.clock.sleep(KEEP_ALIVE_SPAN);
        Some(out)
    }

    /// Writes a message and those that wait behind it.
    fn take(&mut self, first: LiveMessage, out: &mut String) {
        let mut next = Some(first);
        while let Some(message) = next {
            let wanted = self.thing.is_none() || self.thing == message.thing;
            if wanted {
                frame::message(&message, out);
            }
            let more = out.len() < CHUNK_BYTES;
            next = more.then(|| self.tap.messages.try_recv().ok()).flatten();
        }
    }

    fn tell_drops(&mut self, out: &mut String) {
        let dropped = self.tap.dropped.load(Ordering::Relaxed);
        if dropped > self.told {
            frame::dropped(dropped - self.told, out);
            self.told = dropped;
        }
    }
}
