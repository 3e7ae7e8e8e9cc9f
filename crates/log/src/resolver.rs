// SPDX-License-Identifier: Apache-2.0
//! Chooses the backend by URL.

use std::path::Path;
use std::sync::Arc;

use hw_kernel::{Clock, Log};

use crate::error::OpenError;
use crate::log::SegmentLog;
use crate::recovery::Recovery;
use crate::settings::Settings;

/// Opens the log that `url` names, `file:///ABSOLUTE/FOLDER`, and says what opening it found.
pub fn open_url(
    url: &str,
    settings: Settings,
    clock: Arc<dyn Clock>,
) -> Result<(Arc<dyn Log>, Recovery), OpenError> {
    match url.strip_prefix("file://") {
        Some(path) if path.starts_with('/') => {
            let log = SegmentLog::open(Path::new(path), settings, clock)?;
            let recovery = log.recovery().clone();
            Ok((Arc::new(log), recovery))
        }
        _ => Err(OpenError::Unsupported(url.to_owned())),
    }
}
