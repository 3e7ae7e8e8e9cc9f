// SPDX-License-Identifier: Apache-2.0
//! The port's suite, with the default limits and with tiny segments.

use std::sync::Arc;

use hw_kernel::Log;
use hw_kernel::port::clock::SystemClock;
use hw_kernel::testkit::log_suite;
use hw_log::{Settings, open_url};

use crate::support::small;

async fn conforms(settings: Settings) {
    log_suite::run(
        async || tempfile::tempdir().expect("a folder"),
        async |dir| {
            let url = format!("file://{}/log", dir.path().display());
            let clock = Arc::new(SystemClock::default());
            let (log, recovery) = open_url(&url, settings.clone(), clock).expect("opens");
            assert_eq!(
                recovery,
                Default::default(),
                "a closed log needs no recovery"
            );
            log as Arc<dyn Log>
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_default_limits() {
    conforms(Settings::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_tiny_segments() {
    conforms(small()).await;
}
