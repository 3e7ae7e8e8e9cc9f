// SPDX-License-Identifier: Apache-2.0
//! The admin socket: HTTP on a Unix socket that only the folder's owner can open (0600).

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use axum::Router;
use hw_kernel::Shutdown;
use tokio::net::UnixListener;

use super::connection;

/// A bound socket; its file goes when it is dropped.
pub struct AdminSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl AdminSocket {
    /// Binds. A socket file that a dead server left is replaced; the caller holds the folder's lock.
    pub fn bind(path: &Path) -> io::Result<Self> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self {
            listener,
            path: path.to_owned(),
        })
    }

    /// Serves until shutdown begins.
    pub async fn run(self, router: Router, shutdown: Shutdown) {
        let mut connections = tokio::task::JoinSet::new();
        loop {
            let accepted = tokio::select! {
                () = shutdown.begun() => break,
                accepted = self.listener.accept() => accepted,
            };
            while connections.try_join_next().is_some() {}
            match accepted {
                Ok((stream, _)) => {
                    let (router, shutdown) = (router.clone(), shutdown.clone());
                    connections.spawn(connection::serve(stream, None, router, shutdown));
                }
                Err(error) => tracing::warn!(%error, "the admin socket could not accept"),
            }
        }
        while connections.join_next().await.is_some() {}
    }
}

impl Drop for AdminSocket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}
