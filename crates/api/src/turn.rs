// SPDX-License-Identifier: Apache-2.0
//! Turns of those who read tables: so many statements run at once, more wait a while.

use tokio::sync::SemaphorePermit;

use crate::auth::Door;
use crate::error::ApiError;

/// Waits for a turn.
///
/// # Errors
/// `Limit` when none came free in time.
pub(crate) async fn turn(door: &Door) -> Result<SemaphorePermit<'_>, ApiError> {
    let limits = &door.deps.limits;
    tokio::select! {
        biased;
        place = door.deps.state.statements.acquire() => {
            place.map_err(|error| ApiError::internal(&error))
        }
        () = door.deps.clock.sleep(limits.statement_wait_max) => {
            let max = limits.statements_max;
            let message = format!("{max} statements are running (statements_max); try again");
            Err(ApiError::no_place(message))
        }
    }
}
