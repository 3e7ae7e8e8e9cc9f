// SPDX-License-Identifier: Apache-2.0
//! A secret: nothing prints it, and its memory is wiped when it goes.

use std::fmt;
use std::str::FromStr;

use zeroize::Zeroize;

/// What stands in its place wherever it would be printed.
const HIDDEN: &str = "***";

/// A secret text or bytes. `Debug`, `Display` and `Serialize` give `***`; who needs the secret
/// itself says [`Secret::expose`], which is easy to find.
#[derive(Clone, Default)]
pub struct Secret<T: Zeroize = String>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes it.
    pub fn new(secret: T) -> Self {
        Self(secret)
    }

    /// The secret itself: for a signature, a hash, a comparison in constant time, or the one
    /// answer that shows it.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl<T: Zeroize> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl From<String> for Secret {
    fn from(secret: String) -> Self {
        Self(secret)
    }
}

impl From<&str> for Secret {
    fn from(secret: &str) -> Self {
        Self(secret.to_owned())
    }
}

/// Of a flag or environment variable.
impl FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(secret: &str) -> Result<Self, Self::Err> {
        Ok(Self(secret.to_owned()))
    }
}

impl<T: Zeroize> serde::Serialize for Secret<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(HIDDEN)
    }
}

impl<'de> serde::Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_prints_it() {
        #[derive(Debug)]
        struct Holder {
            key: Secret,
        }
        let secret: Secret = "canary".into();
        let bytes = Secret::new(b"canary".to_vec());
        let holder = Holder {
            key: secret.clone(),
        };
        let printed = format!("{secret} {secret:?} {secret:#?} {bytes:?} {bytes} {holder:?}");
        assert!(
            !printed.contains("canary") && !printed.contains("99"),
            "{printed}"
        );
        assert_eq!(holder.key.expose(), "canary");
        assert_eq!(secret.expose(), "canary");
    }
}
