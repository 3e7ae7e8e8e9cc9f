// SPDX-License-Identifier: Apache-2.0
//! How a certificate is known: the SHA-256 of its DER, as AWS IoT does it.

use std::fmt;
use std::str::FromStr;

/// SHA-256 over a certificate's DER. Shown as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertificateId(pub [u8; 32]);

/// The text was not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a certificate id is 64 lower-case hexadecimal digits")]
pub struct BadCertificateId;

impl fmt::Display for CertificateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for CertificateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for CertificateId {
    type Err = BadCertificateId;

    fn from_str(text: &str) -> Result<Self, BadCertificateId> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(BadCertificateId);
        }
        let mut id = [0u8; 32];
        for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Ok(Self(id))
    }
}

fn nibble(digit: u8) -> Result<u8, BadCertificateId> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(BadCertificateId),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_and_refusals() {
        let id = CertificateId(std::array::from_fn(|i| i as u8 * 7));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(
            "AB".repeat(32).parse::<CertificateId>(),
            Err(BadCertificateId)
        );
        assert_eq!(
            "ab".repeat(31).parse::<CertificateId>(),
            Err(BadCertificateId)
        );
    }
}
