// SPDX-License-Identifier: Apache-2.0
//! The plug of a demo's server: pulled, it is as dead as by a power cut, whatever it was doing.

use hw_api::Plug;

/// What keeps this process alive.
pub(super) struct Mains;

impl Plug for Mains {
    #[expect(unsafe_code, reason = "no safe call kills the own process")]
    fn pull(&self) {
        // SAFETY: both calls take and give numbers only.
        unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
    }
}
