// SPDX-License-Identifier: Apache-2.0
//! Lower priority for the async threads (HTTP, lake) and the lowest for those of SQL, so that the
//! broker's shards and the log's writer come first when cores are short.

/// How much nicer than the broker's threads.
const NICENESS: i32 = 5;
/// A statement may take a core for a minute; a commit to the lake should not wait for it.
const NICENESS_OF_SQL: i32 = 12;

/// How much nicer a thread is that may take as long as it likes.
const NICENESS_OF_COPIES: i32 = 15;

/// Lowers the calling thread's priority.
pub(super) fn lower_priority() {
    set_niceness(NICENESS);
}

/// Lowers the priority of a thread that runs SQL: it has a core as long as no other thread of this
/// server wants it.
///
/// Niceness alone shares a core out by slices, and Linux since 6.6 lets a thread finish its slice of
/// some milliseconds before one that wakes up has its turn. Of `SCHED_IDLE` a thread that wakes up
/// takes the core at once (man 7 sched).
pub fn lower_priority_of_sql() {
    set_niceness(NICENESS_OF_SQL);
    set_idle();
}

/// Lowers the priority of a thread that copies a lot while others must not wait.
pub fn give_way() {
    set_niceness(NICENESS_OF_COPIES);
}

/// Where the system refuses, nothing is lost but precedence.
#[expect(unsafe_code, reason = "no safe call sets the priority of one thread")]
fn set_niceness(niceness: i32) {
    // SAFETY: the call takes and gives numbers only; on Linux, process 0 is the calling thread.
    let set = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, niceness) };
    if set != 0 {
        tracing::debug!("the priority of a background thread stays as it is");
    }
}

/// Where the system refuses, niceness is left.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "no safe call sets the policy of one thread")]
fn set_idle() {
    let wanted = libc::sched_param { sched_priority: 0 };
    // The call itself: not every libc has the function, and 0 is the calling thread.
    // SAFETY: it reads `wanted`, which outlives it, and keeps no pointer.
    let set = unsafe {
        libc::syscall(
            libc::SYS_sched_setscheduler,
            0,
            libc::SCHED_IDLE,
            std::ptr::from_ref(&wanted),
        )
    };
    if set != 0 {
        tracing::debug!("a thread of SQL keeps its scheduling policy");
    }
}

#[cfg(not(target_os = "linux"))]
fn set_idle() {}
