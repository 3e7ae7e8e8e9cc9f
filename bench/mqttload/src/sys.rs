// SPDX-License-Identifier: Apache-2.0
//! Thin socket and epoll calls.
use std::net::{Ipv4Addr, SocketAddr};

pub fn now() -> u64 {
    let mut t = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut t) };
    t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
}

/// As many descriptors as the hard limit allows.
pub fn raise_file_limit() {
    unsafe {
        let mut limit: libc::rlimit = std::mem::zeroed();
        if libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) == 0 {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &limit);
        }
    }
}

fn sa(ip: Ipv4Addr, port: u16) -> libc::sockaddr_in {
    let mut a: libc::sockaddr_in = unsafe { std::mem::zeroed() };
    a.sin_family = libc::AF_INET as u16;
    a.sin_port = port.to_be();
    a.sin_addr.s_addr = u32::from_ne_bytes(ip.octets());
    a
}

/// Loopback addresses that connections come from: one has about 28,000 ports.
const SOURCES: usize = 8;

/// A non-blocking TCP connect under way, from a spread of loopback source addresses.
pub fn connect(addr: &SocketAddr, i: usize) -> i32 {
    let SocketAddr::V4(v4) = addr else {
        panic!("IPv4 only")
    };
    unsafe {
        let fd = libc::socket(
            libc::AF_INET,
            libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC,
            0,
        );
        assert!(fd >= 0, "socket: {}", std::io::Error::last_os_error());
        let one: i32 = 1;
        let p = &one as *const i32 as *const libc::c_void;
        libc::setsockopt(fd, libc::IPPROTO_TCP, libc::TCP_NODELAY, p, 4);
        if v4.ip().is_loopback() {
            libc::setsockopt(fd, libc::IPPROTO_IP, libc::IP_BIND_ADDRESS_NO_PORT, p, 4);
            let a = sa(Ipv4Addr::new(127, 0, 0, 2 + (i % SOURCES) as u8), 0);
            let r = libc::bind(fd, &a as *const _ as *const libc::sockaddr, 16);
            assert!(r == 0, "bind: {}", std::io::Error::last_os_error());
        }
        let a = sa(*v4.ip(), v4.port());
        let r = libc::connect(fd, &a as *const _ as *const libc::sockaddr, 16);
        if r != 0 {
            let e = std::io::Error::last_os_error();
            assert!(e.raw_os_error() == Some(libc::EINPROGRESS), "connect: {e}");
        }
        fd
    }
}

pub struct Epoll {
    pub fd: i32,
    pub ev: Vec<libc::epoll_event>,
}
impl Epoll {
    pub fn new() -> Self {
        let fd = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        Epoll {
            fd,
            ev: vec![libc::epoll_event { events: 0, u64: 0 }; 512],
        }
    }
    pub fn set(&self, op: i32, fd: i32, tok: u64, write: bool) {
        self.arm(op, fd, tok, true, write);
    }
    pub fn arm(&self, op: i32, fd: i32, tok: u64, read: bool, write: bool) {
        let (r, w) = (libc::EPOLLIN as u32, libc::EPOLLOUT as u32);
        let mut e = libc::epoll_event {
            events: if read { r } else { 0 } | if write { w } else { 0 },
            u64: tok,
        };
        let r = unsafe { libc::epoll_ctl(self.fd, op, fd, &mut e) };
        assert!(r == 0, "epoll_ctl: {}", std::io::Error::last_os_error());
    }
    /// nanosecond-timed wait (epoll_pwait2)
    pub fn wait(&mut self, ns: u64) -> usize {
        let ts = libc::timespec {
            tv_sec: (ns / 1_000_000_000) as i64,
            tv_nsec: (ns % 1_000_000_000) as i64,
        };
        let r = unsafe {
            libc::syscall(
                441,
                self.fd,
                self.ev.as_mut_ptr(),
                self.ev.len() as i32,
                &ts as *const _,
                0usize,
                8usize,
            )
        };
        if r < 0 {
            let e = std::io::Error::last_os_error();
            assert!(e.raw_os_error() == Some(libc::EINTR), "epoll_pwait2: {e}");
            return 0;
        }
        r as usize
    }
}

pub enum Io {
    Bytes(usize),
    Again,
    Closed,
}
pub fn read(fd: i32, b: &mut [u8]) -> Io {
    let r = unsafe { libc::recv(fd, b.as_mut_ptr() as *mut _, b.len(), 0) };
    io(r)
}
pub fn write(fd: i32, b: &[u8]) -> Io {
    let r = unsafe { libc::send(fd, b.as_ptr() as *const _, b.len(), libc::MSG_NOSIGNAL) };
    io(r)
}
fn io(r: isize) -> Io {
    if r > 0 {
        return Io::Bytes(r as usize);
    }
    if r == 0 {
        return Io::Closed;
    }
    match std::io::Error::last_os_error().raw_os_error() {
        Some(libc::EAGAIN) | Some(libc::EINTR) | Some(libc::EINPROGRESS) | Some(libc::ENOTCONN) => {
            Io::Again
        }
        _ => Io::Closed,
    }
}
