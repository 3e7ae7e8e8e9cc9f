// SPDX-License-Identifier: Apache-2.0
//! Ctrl-C and SIGTERM.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Failure;

/// Resolves at the first Ctrl-C or SIGTERM; a second one ends the process where it stands.
///
/// # Errors
/// The system gives no signal handler.
pub async fn ended() -> Result<(), Failure> {
    let (mut interrupt, mut terminate) = (
        listen(SignalKind::interrupt())?,
        listen(SignalKind::terminate())?,
    );
    first(&mut interrupt, &mut terminate).await;
    tokio::spawn(async move {
        first(&mut interrupt, &mut terminate).await;
        std::process::exit(130);
    });
    Ok(())
}

async fn first(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

fn listen(kind: SignalKind) -> Result<Signal, Failure> {
    signal(kind).map_err(|error| Failure::failed(format!("signals can't be handled: {error}")))
}
