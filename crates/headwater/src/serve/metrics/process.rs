// SPDX-License-Identifier: Apache-2.0
//! The process, by the names that every Prometheus client uses; from `/proc`.

use std::fs;

use hw_kernel::metric::{MetricSource, Page};

use crate::machine::memory;
use crate::machine::process::open_files_max;

/// Reads `/proc/self`; what can't be read is left out.
pub(super) struct Process;

impl MetricSource for Process {
    fn write(&self, page: &mut Page) {
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        // The name of the program stands in brackets and may hold anything.
        let fields: Vec<&str> = stat
            .rsplit_once(')')
            .map(|(_, rest)| rest.split_ascii_whitespace().collect())
            .unwrap_or_default();
        let field = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
        let ticks = ticks_per_second();
        if let Some((user, system)) = field(14).zip(field(15)) {
            page.counter("process_cpu_seconds", "Processor time, user and system.")
                .value((user + system) / ticks);
        }
        if let Some(threads) = field(20) {
            page.gauge("process_threads", "Threads.").value(threads);
        }
        if let Some((start, boot)) = field(22).zip(boot_seconds()) {
            page.gauge("process_start_time_seconds", "When it started, since 1970.")
                .value(boot + start / ticks);
        }
        if let Some(bytes) = field(23) {
            page.gauge("process_virtual_memory_bytes", "Address space.")
                .value(bytes);
        }
        if let Some(pages) = field(24) {
            page.gauge("process_resident_memory_bytes", "Memory in use.")
                .value(pages * page_bytes());
        }
        if let Some(bytes) = memory::used_bytes() {
            let help = "Memory that was asked for and not freed; what else is resident is code, \
                        files, and what the allocator holds for later.";
            page.gauge("headwater_heap_bytes", help).value(bytes);
        }
        if let Ok(open) = fs::read_dir("/proc/self/fd") {
            page.gauge("process_open_fds", "Open file descriptors.")
                .value(open.count());
        }
        if let Some(most) = open_files_max() {
            page.gauge("process_max_fds", "Most open file descriptors.")
                .value(most);
        }
    }
}

/// When the machine started, since 1970.
fn boot_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let line = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
    line.trim().parse().ok()
}

#[expect(
    unsafe_code,
    reason = "sysconf has no safe form in std; it takes no pointer"
)]
fn ticks_per_second() -> f64 {
    // SAFETY: sysconf reads a constant of the system.
    match unsafe { libc::sysconf(libc::_SC_CLK_TCK) } {
        ..=0 => 100.0,
        ticks => ticks as f64,
    }
}

#[expect(
    unsafe_code,
    reason = "sysconf has no safe form in std; it takes no pointer"
)]
fn page_bytes() -> f64 {
    // SAFETY: sysconf reads a constant of the system.
    match unsafe { libc::sysconf(libc::_SC_PAGESIZE) } {
        ..=0 => 4_096.0,
        bytes => bytes as f64,
    }
}
