// SPDX-License-Identifier: Apache-2.0
//! Whether something keeps the machine's clock right.

use std::mem::MaybeUninit;

/// What the kernel was told by an NTP client; `None` where it can't be asked.
#[expect(unsafe_code, reason = "adjtimex has no safe form in std")]
pub fn synchronised() -> Option<bool> {
    let mut facts = MaybeUninit::<libc::timex>::zeroed();
    // SAFETY: a zeroed `timex` asks and changes nothing (`modes` is 0), and has room for the answer.
    let state = unsafe { libc::adjtimex(facts.as_mut_ptr()) };
    if state < 0 {
        return None;
    }
    // SAFETY: it was zeroed, and the call has filled it.
    let facts = unsafe { facts.assume_init() };
    Some(state != libc::TIME_ERROR && facts.status & libc::STA_UNSYNC == 0)
}
