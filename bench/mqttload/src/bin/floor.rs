// SPDX-License-Identifier: Apache-2.0
//! floor: NOT a broker, but the least a single-threaded epoll broker has to do for the load scenarios
//! (read big, match, append to the receiver's buffer, one write per receiver and turn). No sessions, no
//! limits, no checks. It shows what this machine's loopback TCP and system calls cost: the physical limit.
//! usage: floor HOST:PORT
use std::collections::HashMap;
use std::net::TcpListener;
use std::os::fd::AsRawFd;

struct C {
    left: Vec<u8>,
    out: Vec<u8>,
    armed: bool,
    dirty: bool,
    pid: u16,
}

fn main() {
    let addr = std::env::args().nth(1).expect("HOST:PORT");
    let l = TcpListener::bind(&addr).unwrap();
    unsafe { libc::listen(l.as_raw_fd(), 4096) };
    l.set_nonblocking(true).unwrap();
    let lfd = l.as_raw_fd();
    let ep = unsafe { libc::epoll_create1(0) };
    let ctl = |op: i32, fd: i32, w: bool| {
        let mut e = libc::epoll_event {
            events: (libc::EPOLLIN | if w { libc::EPOLLOUT } else { 0 }) as u32,
            u64: fd as u64,
        };
        unsafe { libc::epoll_ctl(ep, op, fd, &mut e) };
    };
    ctl(libc::EPOLL_CTL_ADD, lfd, false);
    let mut conns: Vec<Option<Box<C>>> = (0..25_000).map(|_| None).collect();
    let mut exact: HashMap<Vec<u8>, Vec<(i32, u8)>> = HashMap::new();
    let mut prefix: Vec<(Vec<u8>, i32, u8)> = vec![];
    let mut ev = vec![libc::epoll_event { events: 0, u64: 0 }; 512];
    let mut buf = vec![0u8; 256 * 1024];
    let mut dirty: Vec<i32> = vec![];
    loop {
        let n = unsafe { libc::epoll_wait(ep, ev.as_mut_ptr(), 512, -1) };
        for k in 0..n.max(0) as usize {
            let fd = ev[k].u64 as i32;
            if fd == lfd {
                loop {
                    let f = unsafe {
                        libc::accept4(
                            lfd,
                            std::ptr::null_mut(),
                            std::ptr::null_mut(),
                            libc::SOCK_NONBLOCK,
                        )
                    };
                    if f < 0 {
                        break;
                    }
                    let one = 1i32;
                    unsafe {
                        libc::setsockopt(
                            f,
                            libc::IPPROTO_TCP,
                            libc::TCP_NODELAY,
                            &one as *const i32 as *const _,
                            4,
                        )
                    };
                    conns[f as usize] = Some(Box::new(C {
                        left: vec![],
                        out: vec![],
                        armed: false,
                        dirty: false,
                        pid: 0,
                    }));
                    ctl(libc::EPOLL_CTL_ADD, f, false);
                }
                continue;
            }
            if ev[k].events & libc::EPOLLOUT as u32 != 0 {
                if let Some(c) = &mut conns[fd as usize] {
                    if !c.dirty {
                        c.dirty = true;
                        dirty.push(fd);
                    }
                }
            }
            if ev[k].events & !(libc::EPOLLOUT as u32) == 0 || conns[fd as usize].is_none() {
                continue;
            }
            let mut me = conns[fd as usize].take().unwrap();
            let kept = me.left.len();
            buf[..kept].copy_from_slice(&me.left);
            let r =
                unsafe { libc::recv(fd, buf[kept..].as_mut_ptr() as *mut _, buf.len() - kept, 0) };
            if r == 0
                || (r < 0 && std::io::Error::last_os_error().raw_os_error() != Some(libc::EAGAIN))
            {
                unsafe { libc::close(fd) };
                for v in exact.values_mut() {
                    v.retain(|x| x.0 != fd);
                }
                prefix.retain(|x| x.1 != fd);
                continue;
            }
            let end = kept + r.max(0) as usize;
            let mut at = 0;
            let mut touched = false;
            while let Some((h, body, total)) = packet(&buf[at..end]) {
                let b = &buf[at + body..at + total];
                match h >> 4 {
                    1 => me.out.extend_from_slice(&[0x20, 2, 0, 0]),
                    8 => {
                        let tl = u16::from_be_bytes([b[2], b[3]]) as usize;
                        let t = &b[4..4 + tl];
                        let q = b[4 + tl];
                        if t.ends_with(b"/#") {
                            prefix.push((t[..tl - 1].to_vec(), fd, q));
                        } else {
                            exact.entry(t.to_vec()).or_default().push((fd, q));
                        }
                        me.out.extend_from_slice(&[0x90, 3, b[0], b[1], q]);
                    }
                    3 => {
                        let tl = u16::from_be_bytes([b[0], b[1]]) as usize;
                        let t = &b[2..2 + tl];
                        let qos = (h >> 1) & 3;
                        let mut p = 2 + tl;
                        if qos > 0 {
                            me.out.extend_from_slice(&[0x40, 2, b[p], b[p + 1]]);
                            p += 2;
                            touched = true;
                        }
                        let pay = &b[p..];
                        let mut put = |to: i32, q: u8| {
                            let Some(c) = &mut conns[to as usize] else {
                                return;
                            };
                            let q = q.min(qos);
                            c.out.push(0x30 | q << 1);
                            let mut len = 2 + tl + pay.len() + if q > 0 { 2 } else { 0 };
                            while len >= 128 {
                                c.out.push(len as u8 | 0x80);
                                len >>= 7;
                            }
                            c.out.push(len as u8);
                            c.out.extend_from_slice(&b[..2 + tl]);
                            if q > 0 {
                                c.pid = c.pid.wrapping_add(1).max(1);
                                c.out.extend_from_slice(&c.pid.to_be_bytes());
                            }
                            c.out.extend_from_slice(pay);
                            if !c.dirty {
                                c.dirty = true;
                                dirty.push(to);
                            }
                        };
                        if let Some(v) = exact.get(t) {
                            for &(to, q) in v {
                                put(to, q);
                            }
                        }
                        for (pre, to, q) in &prefix {
                            if t.starts_with(pre) {
                                put(*to, *q);
                            }
                        }
                    }
                    12 => me.out.extend_from_slice(&[0xd0, 0]),
                    _ => {}
                }
                if h >> 4 != 4 {
                    touched = true;
                }
                at += total;
            }
            me.left.clear();
            me.left.extend_from_slice(&buf[at..end]);
            if touched && !me.dirty {
                me.dirty = true;
                dirty.push(fd);
            }
            conns[fd as usize] = Some(me);
        }
        for fd in dirty.drain(..) {
            let Some(c) = &mut conns[fd as usize] else {
                continue;
            };
            c.dirty = false;
            if c.out.is_empty() {
                if c.armed {
                    c.armed = false;
                    ctl(libc::EPOLL_CTL_MOD, fd, false);
                }
                continue;
            }
            let r = unsafe {
                libc::send(
                    fd,
                    c.out.as_ptr() as *const _,
                    c.out.len(),
                    libc::MSG_NOSIGNAL,
                )
            };
            if r > 0 {
                c.out.drain(..r as usize);
            }
            let want = !c.out.is_empty();
            if want != c.armed {
                c.armed = want;
                ctl(libc::EPOLL_CTL_MOD, fd, want);
            }
        }
    }
}

fn packet(b: &[u8]) -> Option<(u8, usize, usize)> {
    let (mut len, mut shift, mut i) = (0usize, 0, 1);
    loop {
        let x = *b.get(i)?;
        len |= ((x & 0x7f) as usize) << shift;
        i += 1;
        if x & 0x80 == 0 {
            break;
        }
        shift += 7;
    }
    (b.len() >= i + len).then_some((b[0], i, i + len))
}
