// SPDX-License-Identifier: Apache-2.0
//! The kernel: the ports that adapters implement and modules use, and the records that pass.
//!
//! It defines borders and formats; it must not know any adapter, module or face.

pub mod admission;
pub mod clients;
pub mod crew;
pub mod event;
pub mod live;
pub mod metric;
pub mod port;
pub mod recall;
pub mod record;
pub mod retained;
pub mod shutdown;
pub mod tags;
pub mod worker;

#[cfg(feature = "testkit")]
pub mod testkit;

pub use admission::{Admission, Principal, Refusal};
pub use clients::Clients;
pub use crew::Crew;
pub use event::{Event, EventSink};
pub use live::{Live, LiveMessage};
pub use port::blobs::Blobs;
pub use port::catalog::Catalog;
pub use port::clock::Clock;
pub use port::ingest::{Ingest, IngestError, Submission};
pub use port::log::Log;
pub use port::tables::Tables;
pub use recall::Recall;
pub use retained::RetainedStore;
pub use shutdown::Shutdown;
