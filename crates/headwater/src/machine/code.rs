// SPDX-License-Identifier: Apache-2.0
//! Pages of the program's own code: its start runs through most of it once, and would keep all of
//! that mapped. What runs again comes back from the page cache, a few microseconds a page.

use std::path::Path;

/// Unmaps the pages of the program's code that are not being used; nothing is lost, since nobody
/// writes to them. Says how many bytes the code has; `None` if that can't be told.
#[expect(unsafe_code, reason = "madvise has no safe form in std")]
pub fn let_go() -> Option<usize> {
    let program = std::fs::read_link("/proc/self/exe").ok()?;
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let mut bytes = 0;
    for line in maps.lines() {
        let Some((start, end)) = code_of(line, &program) else {
            continue;
        };
        let (start, length) = (start as *mut libc::c_void, end - start);
        // SAFETY: the range is one whole mapping of the kernel's own list, private, of a file, and
        // executable but not writable: its pages are those of the file, and are read from it again
        // when they are wanted.
        if unsafe { libc::madvise(start, length, libc::MADV_DONTNEED) } == 0 {
            bytes += length;
        }
    }
    Some(bytes)
}

/// The range of a line of `/proc/self/maps`, if it is code of that program.
fn code_of(line: &str, program: &Path) -> Option<(usize, usize)> {
    let mut fields = line.split_ascii_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    if fields.next()? != "r-xp" {
        return None;
    }
    let path = fields.nth(3)?;
    if Path::new(path) != program {
        return None;
    }
    let number = |text| usize::from_str_radix(text, 16).ok();
    Some((number(start)?, number(end)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_code_of_the_program() {
        let program = Path::new("/usr/bin/headwater");
        let of = |line| code_of(line, program);
        let code = "55d0c000-55d0f000 r-xp 00002000 fe:00 1234    /usr/bin/headwater";
        assert_eq!(of(code), Some((0x55d0_c000, 0x55d0_f000)));
        for other in [
            "55d0c000-55d0f000 r--p 00002000 fe:00 1234    /usr/bin/headwater",
            "55d0c000-55d0f000 rw-p 00002000 fe:00 1234    /usr/bin/headwater",
            "7f00c000-7f00f000 r-xp 00002000 fe:00 1234    /usr/lib/libc.so.6",
            "7ffd0000-7ffd2000 r-xp 00000000 00:00 0       [vdso]",
            "",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn it_goes_on_without_them() {
        let bytes = let_go().expect("Linux tells");
        assert!(bytes > 100_000, "{bytes}");
        assert_eq!((0..100u64).map(|it| it * it).sum::<u64>(), 328_350);
    }
}
