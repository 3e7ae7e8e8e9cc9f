// SPDX-License-Identifier: Apache-2.0
//! The C library's allocator: what it holds though nobody uses it, and giving that back. glibc
//! keeps what was freed for threads that may want it again, for ever if they don't; other C
//! libraries give it back by themselves, and there is nothing to do here.

/// Larger blocks are mapped on their own, and so given back when they are freed, in bytes. glibc
/// would raise this by itself with each large block, up to 32 MB, and keep those. From 256 KB on, a
/// seventh of the CPU at full speed went into the page faults of buffers that come and go.
#[cfg(target_env = "gnu")]
const MAPPED_FROM_BYTES: i32 = 2 << 20;

/// Sets the allocator up. Before other threads are started.
#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "mallopt has no safe form in std")]
pub fn set_up() {
    // SAFETY: the call takes numbers only.
    if unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED_FROM_BYTES) } != 1 {
        tracing::debug!("the allocator stays as it is");
    }
}

/// Bytes of memory that are held and not in use; `None` if that can't be told.
#[cfg(target_env = "gnu")]
pub fn unused_bytes() -> Option<usize> {
    Some(anonymous_bytes()?.saturating_sub(used_bytes()?))
}

/// Bytes of memory that the program has asked for and not freed; `None` if that can't be told.
#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "mallinfo2 has no safe form in std")]
pub fn used_bytes() -> Option<usize> {
    // SAFETY: the call takes nothing and gives numbers.
    let blocks = unsafe { libc::mallinfo2() };
    Some(blocks.uordblks.saturating_add(blocks.hblkhd))
}

/// Gives back what is held and not in use. Takes some milliseconds, in which who allocates waits.
#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "malloc_trim has no safe form in std")]
pub fn give_back() {
    // SAFETY: the call takes a number, and locks whatever part of the heap it looks at.
    unsafe { libc::malloc_trim(0) };
}

#[cfg(not(target_env = "gnu"))]
pub fn set_up() {}

#[cfg(not(target_env = "gnu"))]
pub fn unused_bytes() -> Option<usize> {
    None
}

#[cfg(not(target_env = "gnu"))]
pub fn used_bytes() -> Option<usize> {
    None
}

#[cfg(not(target_env = "gnu"))]
pub fn give_back() {}

/// Memory of this process that is in no file, in bytes.
#[cfg(target_env = "gnu")]
fn anonymous_bytes() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))?;
    let kilobytes: usize = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}

#[cfg(all(test, target_env = "gnu"))]
mod tests {
    use super::*;

    #[test]
    fn what_was_freed_is_given_back() {
        const BLOCKS: usize = 4_000;
        // Small ones, of which the last stays: the heap can't shrink from its end.
        let mut blocks: Vec<Vec<u8>> = (0..BLOCKS).map(|_| vec![1; 16 << 10]).collect();
        let last = blocks.pop();
        drop(blocks);
        let before = unused_bytes().expect("glibc tells");
        give_back();
        let after = unused_bytes().expect("glibc tells");
        assert!(
            last.is_some() && before > after + (32 << 20),
            "{before} to {after}"
        );
    }
}
