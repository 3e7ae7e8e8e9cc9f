// SPDX-License-Identifier: Apache-2.0
//! Lower priority for the async threads (HTTP, SQL, lake), so that the broker's shards and the
//! log's writer come first when cores are short.

/// How much nicer than the broker's threads.
const NICENESS: i32 = 5;

/// Lowers the calling thread's priority. Where the system refuses, nothing is lost but precedence.
#[expect(unsafe_code, reason = "no safe call sets the priority of one thread")]
pub(super) fn lower_priority() {
    // SAFETY: the call takes and gives numbers only; on Linux, process 0 is the calling thread.
    let set = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICENESS) };
    if set != 0 {
        tracing::debug!("the priority of a background thread stays as it is");
    }
}
