// SPDX-License-Identifier: Apache-2.0
//! One connection's bytes: plain, or mutual TLS by rustls.
use crate::sys::{self, Io};
use rustls::client::Resumption;
use rustls::pki_types::{pem::PemObject, CertificateDer, PrivateKeyDer, ServerName};
use std::io::{self, Read, Write};
use std::mem::ManuallyDrop;
use std::net::TcpStream;
use std::os::fd::FromRawFd;
use std::sync::Arc;

/// Most sealed bytes that one read takes: what it holds opened fits every reader's buffer.
const SEALED_MAX: usize = 64 << 10;

/// TLS 1.3 alone, no resumption: every connection is a full handshake.
pub fn tls_config(ca: &str, cert: &str, key: &str) -> Arc<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    for c in CertificateDer::pem_file_iter(ca).expect("ca") {
        roots.add(c.unwrap()).unwrap();
    }
    let chain: Vec<_> = CertificateDer::pem_file_iter(cert)
        .expect("cert")
        .map(|c| c.unwrap())
        .collect();
    let key = PrivateKeyDer::from_pem_file(key).expect("key");
    let mut cfg = rustls::ClientConfig::builder_with_provider(Arc::new(
        rustls::crypto::ring::default_provider(),
    ))
    .with_protocol_versions(&[&rustls::version::TLS13])
    .unwrap()
    .with_root_certificates(roots)
    .with_client_auth_cert(chain, key)
    .unwrap();
    cfg.resumption = Resumption::disabled();
    Arc::new(cfg)
}

pub fn tls_client(cfg: &Arc<rustls::ClientConfig>) -> rustls::ClientConnection {
    rustls::ClientConnection::new(cfg.clone(), ServerName::try_from("localhost").unwrap()).unwrap()
}

pub struct Wire {
    pub fd: i32,
    tls: Option<Box<rustls::ClientConnection>>,
}

impl Wire {
    pub fn new(fd: i32, tls: Option<&Arc<rustls::ClientConfig>>) -> Self {
        Wire {
            fd,
            tls: tls.map(|cfg| Box::new(tls_client(cfg))),
        }
    }

    /// From now on it is TLS: for a wire that began plain, before its first byte.
    pub fn start_tls(&mut self, cfg: &Arc<rustls::ClientConfig>) {
        self.tls = Some(Box::new(tls_client(cfg)));
    }

    /// Opened bytes into `buf`, which holds at least 96 KB if there is TLS. `Bytes(0)` says that
    /// the handshake moved; then what waits for it can be written.
    pub fn read(&mut self, buf: &mut [u8]) -> Io {
        let Some(tls) = &mut self.tls else {
            return sys::read(self.fd, buf);
        };
        let mut sealed = [0u8; SEALED_MAX];
        let limit = buf.len().min(SEALED_MAX);
        let mut rest = match sys::read(self.fd, &mut sealed[..limit]) {
            Io::Bytes(n) => &sealed[..n],
            other => return other,
        };
        let mut got = 0;
        while !rest.is_empty() {
            if tls.read_tls(&mut rest).is_err() || tls.process_new_packets().is_err() {
                self.send(); // the alert
                return Io::Closed;
            }
            loop {
                match tls.reader().read(&mut buf[got..]) {
                    Ok(0) => return if got > 0 { Io::Bytes(got) } else { Io::Closed },
                    Ok(n) => got += n,
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                    Err(_) => return Io::Closed,
                }
            }
        }
        if self.pending() {
            if let Io::Closed = self.send() {
                return Io::Closed;
            }
        }
        Io::Bytes(got)
    }

    /// How many bytes were taken; what TLS has taken may still be [`Wire::pending`].
    pub fn write(&mut self, bytes: &[u8]) -> Io {
        let Some(tls) = &mut self.tls else {
            return sys::write(self.fd, bytes);
        };
        let mut taken = 0;
        while taken < bytes.len() {
            let Ok(n) = tls.writer().write(&bytes[taken..]) else {
                return Io::Closed;
            };
            taken += n;
            if n == 0 {
                break;
            }
        }
        match self.send() {
            Io::Closed => Io::Closed,
            _ if taken == 0 => Io::Again,
            _ => Io::Bytes(taken),
        }
    }

    /// Sealed bytes that the socket did not take yet.
    pub fn pending(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.wants_write())
    }

    /// Sends what is pending.
    pub fn send(&mut self) -> Io {
        let Some(tls) = &mut self.tls else {
            return Io::Again;
        };
        // SAFETY: the descriptor is open as long as the wire is, and is not closed here.
        let mut socket = ManuallyDrop::new(unsafe { TcpStream::from_raw_fd(self.fd) });
        while tls.wants_write() {
            match tls.write_tls(&mut *socket) {
                Ok(_) => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Io::Again,
                Err(e) if e.kind() == io::ErrorKind::NotConnected => return Io::Again,
                Err(_) => return Io::Closed,
            }
        }
        Io::Bytes(0)
    }

    /// Ends in order: FIN.
    pub fn close(&mut self) {
        unsafe { libc::close(self.fd) };
    }

    /// Ends at once and leaves nothing in the kernel: RST.
    pub fn reset(&mut self) {
        let linger = libc::linger {
            l_onoff: 1,
            l_linger: 0,
        };
        let p = &linger as *const libc::linger as *const libc::c_void;
        unsafe { libc::setsockopt(self.fd, libc::SOL_SOCKET, libc::SO_LINGER, p, 8) };
        self.close();
    }
}
