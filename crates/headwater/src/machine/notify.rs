// SPDX-License-Identifier: Apache-2.0
//! Tells the service manager how the server stands: the datagrams of sd_notify(3), without its
//! library. Where no manager asks for them (`NOTIFY_SOCKET` is not set), nothing is sent.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// A manager that does not read holds the server up for so long at most.
const SEND_MAX: Duration = Duration::from_secs(5);

/// The way to the service manager.
#[derive(Debug)]
pub struct Notify {
    manager: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
}

impl Notify {
    /// Nobody is told.
    pub fn silent() -> Self {
        Self {
            manager: None,
            watchdog: None,
        }
    }

    /// Whom the environment names.
    pub fn from_environment() -> Self {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let Some(socket) = variable("NOTIFY_SOCKET") else {
            return Self::silent();
        };
        let (micros, pid) = (variable("WATCHDOG_USEC"), variable("WATCHDOG_PID"));
        match Self::to(&socket) {
            Ok(notify) => Self {
                watchdog: watchdog(micros, pid, std::process::id()),
                ..notify
            },
            Err(error) => {
                tracing::warn!(%error, ?socket, "the service manager can't be told how the server stands");
                Self::silent()
            }
        }
    }

    /// A name that begins with `@` is in the abstract namespace.
    fn to(name: &OsStr) -> io::Result<Self> {
        let address = match name.as_bytes() {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
            [b'/', ..] => SocketAddr::from_pathname(name)?,
            _ => return Err(io::ErrorKind::Unsupported.into()),
        };
        let socket = UnixDatagram::unbound()?;
        socket.set_write_timeout(Some(SEND_MAX))?;
        Ok(Self {
            manager: Some((socket, address)),
            watchdog: None,
        })
    }

    /// The manager ends a server from which it has not heard for so long.
    pub fn watchdog(&self) -> Option<Duration> {
        self.watchdog
    }

    /// Every door is open.
    pub fn ready(&self, status: &str) {
        self.send(&format!("READY=1\nSTATUS={}\n", line(status)));
    }

    /// What the server does now, in one line for people.
    pub fn status(&self, status: &str) {
        self.send(&format!("STATUS={}\n", line(status)));
    }

    /// The server is well.
    pub fn alive(&self) {
        self.send("WATCHDOG=1\n");
    }

    /// The end has begun.
    pub fn stopping(&self) {
        self.send("STOPPING=1\nSTATUS=Stopping\n");
    }

    fn send(&self, state: &str) {
        let Some((socket, manager)) = &self.manager else {
            return;
        };
        if let Err(error) = socket.send_to_addr(state.as_bytes(), manager) {
            tracing::warn!(%error, ?manager, "the service manager could not be told how the server stands");
        }
    }
}

/// A line break would begin another statement.
fn line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// What the manager waits for at most; `None` if it does not, or means another process.
fn watchdog(micros: Option<OsString>, pid: Option<OsString>, own: u32) -> Option<Duration> {
    if pid.is_some_and(|pid| pid.to_str() != Some(&own.to_string())) {
        return None;
    }
    let micros: u64 = micros?.to_str()?.parse().ok()?;
    (micros > 0).then(|| Duration::from_micros(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(manager: &UnixDatagram) -> String {
        let mut buffer = [0; 512];
        let length = manager.recv(&mut buffer).expect("a datagram");
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }

    #[test]
    fn a_manager_by_path_and_one_in_the_abstract_namespace() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("notify");
        let by_path = UnixDatagram::bind(&path).expect("bound");
        let name = format!("headwater-notify-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).expect("a name");
        let abstractly = UnixDatagram::bind_addr(&address).expect("bound");
        let name = OsString::from(format!("@{name}"));
        for (manager, name) in [(by_path, path.as_os_str()), (abstractly, &*name)] {
            let notify = Notify::to(name).expect("a socket");
            notify.ready("Ready: mqtts://[::]:8883\nFDSTORE=1");
            let expected = "READY=1\nSTATUS=Ready: mqtts://[::]:8883 FDSTORE=1\n";
            assert_eq!(heard(&manager), expected);
            notify.alive();
            assert_eq!(heard(&manager), "WATCHDOG=1\n");
            notify.stopping();
            assert_eq!(heard(&manager), "STOPPING=1\nSTATUS=Stopping\n");
        }
    }

    #[test]
    fn a_manager_that_is_gone_or_of_another_kind_harms_nothing() {
        let gone = Notify::to(OsStr::new("/nowhere/notify")).expect("a socket");
        gone.ready("Ready");
        Notify::silent().ready("Ready");
        assert!(Notify::to(OsStr::new("vsock:2:1234")).is_err());
        let long = "/x".repeat(100);
        assert!(Notify::to(OsStr::new(&long)).is_err());
    }

    #[test]
    fn how_long_the_manager_waits() {
        let text = |text: &str| Some(OsString::from(text));
        let minute = Some(Duration::from_secs(60));
        assert_eq!(watchdog(text("60000000"), None, 7), minute);
        assert_eq!(watchdog(text("60000000"), text("7"), 7), minute);
        assert_eq!(watchdog(text("60000000"), text("8"), 7), None);
        for none in [None, text("0"), text("a minute"), text("-1")] {
            assert_eq!(watchdog(none, None, 7), None);
        }
    }
}
