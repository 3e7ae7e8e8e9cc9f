// SPDX-License-Identifier: Apache-2.0
//! Readers of the tables who want what is durable now: the worker reads the Log seldom, to make
//! fewer and larger batches, but at once when somebody looks.

use tokio::sync::watch;

/// Who waits, and how far the worker has come for them. Tickets count up from one.
pub(crate) struct Readers {
    asked: watch::Sender<u64>,
    /// The last ticket whose rows are there; `None` while no worker runs.
    served: watch::Sender<Option<u64>>,
}

impl Default for Readers {
    fn default() -> Self {
        Self {
            asked: watch::Sender::new(0),
            served: watch::Sender::new(None),
        }
    }
}

impl Readers {
    /// Returns when rows of all records that were durable at the call are in the tables; at once
    /// if no worker runs.
    pub async fn wait(&self) {
        let mut served = self.served.subscribe();
        if served.borrow().is_none() {
            return;
        }
        let mut ticket = 0;
        self.asked.send_modify(|asked| {
            *asked += 1;
            ticket = *asked;
        });
        let there = |served: &Option<u64>| served.is_none_or(|served| served >= ticket);
        // The sender lives as long as `self`.
        let _ = served.wait_for(there).await;
    }

    /// The last ticket given, if its holder still waits.
    pub fn waiting(&self) -> Option<u64> {
        let (asked, served) = (*self.asked.borrow(), *self.served.borrow());
        served.is_some_and(|served| served < asked).then_some(asked)
    }

    /// Resolves when somebody waits.
    pub async fn asked(&self) {
        let mut asked = self.asked.subscribe();
        let served = self.served.borrow().unwrap_or_default();
        let _ = asked.wait_for(|asked| *asked > served).await;
    }

    /// All up to this ticket have what they waited for.
    pub fn serve(&self, ticket: u64) {
        self.served.send_replace(Some(ticket));
    }

    /// A worker runs from here on until the guard is dropped.
    pub fn open(&self) -> Open<'_> {
        self.serve(*self.asked.borrow());
        Open(self)
    }
}

/// Lets all readers go when the worker ends, however it ends.
pub(crate) struct Open<'a>(&'a Readers);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.served.send_replace(None);
    }
}

#[cfg(test)]
mod tests {
    use futures::poll;

    use super::*;

    #[tokio::test]
    async fn a_reader_waits_for_the_worker_and_for_nobody_else() {
        let readers = Readers::default();
        readers.wait().await;
        assert_eq!(
            readers.waiting(),
            None,
            "nobody waits for a worker that is not there"
        );
        let open = readers.open();
        assert_eq!(readers.waiting(), None);
        let mut first = Box::pin(readers.wait());
        assert!(poll!(&mut first).is_pending());
        readers.asked().await;
        let ticket = readers.waiting().expect("the first");
        let mut second = Box::pin(readers.wait());
        assert!(poll!(&mut second).is_pending());
        readers.serve(ticket);
        assert!(poll!(&mut first).is_ready());
        assert!(poll!(&mut second).is_pending(), "asked later");
        readers.asked().await;
        drop(open);
        assert!(poll!(&mut second).is_ready(), "the worker has ended");
        readers.wait().await;
    }
}
