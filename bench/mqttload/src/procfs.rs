// SPDX-License-Identifier: Apache-2.0
//! CPU seconds and memory of a process, from /proc.
use std::fs;

/// user + system CPU seconds of the whole process (all threads, also ended ones)
pub fn cpu(pid: i32) -> (f64, f64) {
    if pid == 0 {
        return (0.0, 0.0);
    }
    let s = fs::read_to_string(format!("/proc/{pid}/stat")).expect("broker is gone");
    let rest = &s[s.rfind(')').unwrap() + 2..];
    let f: Vec<&str> = rest.split(' ').collect();
    let hz = unsafe { libc::sysconf(libc::_SC_CLK_TCK) } as f64;
    (
        f[11].parse::<f64>().unwrap() / hz,
        f[12].parse::<f64>().unwrap() / hz,
    )
}

/// (VmRSS, VmHWM) in KiB
pub fn rss(pid: i32) -> (u64, u64) {
    if pid == 0 {
        return (0, 0);
    }
    let s = fs::read_to_string(format!("/proc/{pid}/status")).expect("broker is gone");
    let get = |k: &str| {
        s.lines()
            .find(|l| l.starts_with(k))
            .and_then(|l| l.split_whitespace().nth(1))
            .and_then(|v| v.parse().ok())
            .unwrap_or(0)
    };
    (get("VmRSS:"), get("VmHWM:"))
}

pub fn self_cpu() -> f64 {
    let (u, s) = cpu(std::process::id() as i32);
    u + s
}
