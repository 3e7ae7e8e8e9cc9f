// SPDX-License-Identifier: Apache-2.0
//! The ports that the lake stands on.

use std::sync::Arc;

use hw_kernel::{Blobs, Catalog, Clock};
use hw_model::Timestamp;

use crate::jumps::Jumps;

/// What every room of the lake uses.
#[derive(Clone)]
pub(crate) struct Env {
    pub blobs: Arc<dyn Blobs>,
    pub catalog: Arc<dyn Catalog>,
    pub clock: Arc<dyn Clock>,
    pub jumps: Arc<Jumps>,
    pub runtime: iceberg::Runtime,
}

impl Env {
    /// Now, for what is written down to be compared with later: the clocks are looked at, so that
    /// no step that came before it hides in one that comes after.
    pub fn stamped_now(&self) -> Timestamp {
        self.jumps.unsettled(&*self.clock);
        self.clock.now()
    }

    /// Now, for whoever deletes by how long ago something was; `None` for an hour after the wall
    /// clock has jumped.
    pub fn settled_now(&self) -> Option<Timestamp> {
        // In this order: a jump after the first line does no harm, one before is seen.
        let now = self.clock.now();
        let settled = self.jumps.unsettled(&*self.clock).is_none();
        settled.then_some(now)
    }
}
