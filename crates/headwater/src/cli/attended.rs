// SPDX-License-Identifier: Apache-2.0
//! A demo's server ends with whoever started it, who holds the other end of its standard input: it
//! closes when the demo is done, and the system closes it when the demo is killed.
//!
//! A signal at the parent's death (`PR_SET_PDEATHSIG`) would come when the one thread ends that
//! started the process, and knows Linux alone.

use std::future::pending;
use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;

/// How long an orderly end may take when nobody is there any more to lose patience.
const ENDING_MAX: Duration = Duration::from_secs(10);

/// Resolves when the other end of standard input is closed: never, if that is no pipe. The process
/// then ends within some seconds in any case.
pub(super) async fn starter_gone() {
    let Ok(mut line) = line() else {
        return pending().await;
    };
    let mut said = [0; 64];
    while matches!(line.read(&mut said).await, Ok(1..)) {}
    tokio::spawn(async {
        tokio::time::sleep(ENDING_MAX).await;
        std::process::exit(1);
    });
}

fn line() -> io::Result<Receiver> {
    Receiver::from_owned_fd(io::stdin().as_fd().try_clone_to_owned()?)
}
