// SPDX-License-Identifier: Apache-2.0
//! Who a peer is, looked up in every handshake, and ids for clients that have none.

use std::sync::Arc;

use hw_kernel::{Admission, Principal};
use rustls::crypto::SecureRandom;
use rustls::pki_types::CertificateDer;

use super::refuse::Ending;

/// The principal of the certificate that the peer has proved to hold.
pub fn by_certificate(
    admission: &dyn Admission,
    certificate: Option<&CertificateDer<'_>>,
    server_name: Option<&str>,
) -> Result<Arc<Principal>, Ending> {
    let certificate = certificate.ok_or_else(|| Ending::because("no client certificate"))?;
    admission
        .by_certificate(certificate, server_name)
        .map_err(Ending::refused)
}

/// Begins the assigned ids of devices.
pub const DEVICE: &str = "auto";

/// Begins the assigned ids of people and keys: who only reads may have no others, so that it can't
/// take a device's place.
pub const VIEWER: &str = "viewer";

/// An id for a client that sent none: 128 random bits, so that nobody can guess or meet it.
pub fn assigned_client_id(kind: &str, random: &dyn SecureRandom) -> Result<String, Ending> {
    let mut bits = [0u8; 16];
    random
        .fill(&mut bits)
        .map_err(|_| Ending::because("no random bits for a client id"))?;
    Ok(format!("{kind}-{:032x}", u128::from_be_bytes(bits)))
}
