// SPDX-License-Identifier: Apache-2.0
//! g: mutual TLS 1.3 connections (full handshakes, no resumption), kept open.
use crate::wire::{tls_client, tls_config};
use crate::{codec, procfs, sys, Args};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{atomic::AtomicUsize, atomic::Ordering, Arc, Mutex};

pub fn handshakes(a: &Args) {
    let cfg = tls_config(&a.ca, &a.cert, &a.key);
    let (rss0, _) = procfs::rss(a.pid);
    let (u0, y0) = procfs::cpu(a.pid);
    let g0 = procfs::self_cpu();
    let next = AtomicUsize::new(0);
    let fails = AtomicUsize::new(0);
    let open = Mutex::new(Vec::new());
    let lat = Mutex::new(crate::hist::Hist::new());
    let conc = if a.conc > 0 { a.conc } else { 16 };
    let t0 = sys::now();
    std::thread::scope(|s| {
        for _ in 0..conc {
            s.spawn(|| loop {
                let i = next.fetch_add(1, Ordering::Relaxed);
                if i >= a.n {
                    break;
                }
                let t = sys::now();
                match one(a, &cfg, i) {
                    Ok(c) => {
                        lat.lock().unwrap().add(sys::now() - t);
                        open.lock().unwrap().push(c)
                    }
                    Err(e) => {
                        if fails.fetch_add(1, Ordering::Relaxed) == 0 {
                            eprintln!("handshake {i}: {e}");
                        }
                    }
                }
            });
        }
    });
    let dt = (sys::now() - t0) as f64 / 1e9;
    let g1 = procfs::self_cpu();
    let (u1, y1) = procfs::cpu(a.pid);
    std::thread::sleep(std::time::Duration::from_secs(2));
    let (rss1, hwm) = procfs::rss(a.pid);
    let open = open.into_inner().unwrap();
    let n = open.len();
    let lat = lat.into_inner().unwrap();
    println!(
        "{{\"label\":\"{}\",\"scen\":\"g\",\"n\":{},\"ready\":{},\"failed\":{},\"secs\":{:.3},\"handshakes_s\":{:.0},\"cpu_ms_per_hs\":{:.3},\"gen_cpu_ms_per_hs\":{:.3},\"p50_us\":{:.0},\"p99_us\":{:.0},\"rss0_kb\":{},\"rss_kb\":{},\"hwm_kb\":{},\"rss_per_conn_b\":{:.0}}}",
        a.label, a.n, n, fails.load(Ordering::Relaxed), dt, n as f64 / dt,
        (u1 - u0 + y1 - y0) * 1e3 / n as f64, (g1 - g0) * 1e3 / n as f64,
        lat.q(0.5) as f64 / 1e3, lat.q(0.99) as f64 / 1e3,
        rss0, rss1, hwm, (rss1 as f64 - rss0 as f64) * 1024.0 / n as f64
    );
}

type Tls = rustls::StreamOwned<rustls::ClientConnection, TcpStream>;

fn one(a: &Args, cfg: &Arc<rustls::ClientConfig>, i: usize) -> std::io::Result<Tls> {
    let s = TcpStream::connect(a.addr)?;
    s.set_nodelay(true)?;
    s.set_read_timeout(Some(std::time::Duration::from_secs(20)))?;
    let c = tls_client(cfg);
    let mut t = rustls::StreamOwned::new(c, s);
    t.write_all(&codec::connect(
        &format!("ml{}t{i}", std::process::id()),
        300,
    ))?;
    t.flush()?;
    let mut b = [0u8; 4];
    t.read_exact(&mut b)?;
    if b[0] != 0x20 || b[3] != 0 {
        return Err(std::io::Error::other(format!("CONNACK {b:?}")));
    }
    t.write_all(&codec::subscribe(&format!("bench/tls/{i}/cmd"), 1))?;
    t.flush()?;
    let mut b = [0u8; 5];
    t.read_exact(&mut b)?;
    if b[0] != 0x90 || b[4] > 2 {
        return Err(std::io::Error::other(format!("SUBACK {b:?}")));
    }
    assert_eq!(
        t.conn.protocol_version(),
        Some(rustls::ProtocolVersion::TLSv1_3)
    );
    Ok(t)
}
