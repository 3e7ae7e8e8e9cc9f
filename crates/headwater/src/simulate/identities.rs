// SPDX-License-Identifier: Apache-2.0
//! Certificates and private keys of virtual devices, in memory and in a folder of PEM files, so
//! that a second run is the same devices.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// What a device shows and proves itself with.
#[derive(Clone)]
pub struct Identity {
    /// Thing name and client id.
    pub thing: String,
    /// PEM.
    pub certificate: String,
    /// PEM; secret.
    pub private_key: String,
}

/// A folder of identities; the files are the owner's alone.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Opens the folder, or makes it.
    pub fn open(path: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        Ok(Self(path.to_owned()))
    }

    /// The identity of `thing`, if it is there.
    pub fn load(&self, thing: &str) -> io::Result<Option<Identity>> {
        let read = |kind: &str| std::fs::read_to_string(self.file(thing, kind));
        let pair = read("certificate").and_then(|certificate| Ok((certificate, read("key")?)));
        match pair {
            Ok((certificate, private_key)) => Ok(Some(Identity {
                thing: thing.to_owned(),
                certificate,
                private_key,
            })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keeps an identity.
    pub fn store(&self, identity: &Identity) -> io::Result<()> {
        self.write(&self.file(&identity.thing, "key"), &identity.private_key)?;
        self.write(
            &self.file(&identity.thing, "certificate"),
            &identity.certificate,
        )
    }

    fn file(&self, thing: &str, kind: &str) -> PathBuf {
        self.0.join(format!("{thing}.{kind}.pem"))
    }

    fn write(&self, path: &Path, text: &str) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        options.open(path)?.write_all(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_kept_is_found_and_private() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(&place.path().join("a/b")).unwrap();
        assert!(folder.load("m1").unwrap().is_none());
        let identity = Identity {
            thing: "m1".into(),
            certificate: "cert".into(),
            private_key: "key".into(),
        };
        folder.store(&identity).unwrap();
        let found = folder.load("m1").unwrap().unwrap();
        assert_eq!(
            (found.certificate.as_str(), found.private_key.as_str()),
            ("cert", "key")
        );
        let key = std::fs::metadata(place.path().join("a/b/m1.key.pem")).unwrap();
        assert_eq!(key.permissions().mode() & 0o777, 0o600);
    }
}
