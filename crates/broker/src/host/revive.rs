// SPDX-License-Identifier: Apache-2.0
//! Principals of those who are not connected, for their wills: as they stand now.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use hw_kernel::admission::{NamedPrincipal, PrincipalId};
use hw_kernel::{Admission, Principal, Refusal};
use hw_model::{AccountId, CertificateId};
use hw_policy::PolicySet;

/// Looks one up by the name that stands in a session. Who was known by a key or a password is
/// found by that name as well; a session of people's and what an authorizer said are over with their
/// connections.
///
/// # Errors
/// It may do nothing any more.
pub fn principal(
    admission: &dyn Admission,
    account: AccountId,
    name: &str,
) -> Result<Arc<Principal>, Refusal> {
    let id = match (name, name.parse::<CertificateId>()) {
        ("anonymous", _) => PrincipalId::Anonymous,
        (_, Ok(id)) => PrincipalId::Certificate(id),
        (name, Err(_)) => PrincipalId::Named(NamedPrincipal {
            name: name.into(),
            proof: name.into(),
        }),
    };
    let remembered = Principal {
        account,
        id,
        policies: Arc::new(PolicySet::default()),
        things: Vec::new(),
        certificate: None,
        region: Arc::from(""),
        stale: AtomicBool::new(true),
    };
    admission.current(&remembered)
}
