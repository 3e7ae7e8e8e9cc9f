// SPDX-License-Identifier: Apache-2.0
//! The volume that the data folder is on.

use std::path::PathBuf;

use hw_kernel::metric::{MetricSource, Page};

use crate::machine::volume;

/// Looks at the data folder's volume.
pub(super) struct Disk(pub PathBuf);

impl MetricSource for Disk {
    fn write(&self, page: &mut Page) {
        let Ok(space) = volume::space(&self.0) else {
            return;
        };
        page.gauge(
            "headwater_disk_free_bytes",
            "Bytes free for the server on the data folder's volume.",
        )
        .value(space.free_bytes);
        page.gauge("headwater_disk_bytes", "Bytes of the data folder's volume.")
            .value(space.bytes);
        page.gauge(
            "headwater_disk_free_inodes",
            "Files that can still be made there.",
        )
        .value(space.free_files);
    }
}
