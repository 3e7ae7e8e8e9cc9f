// SPDX-License-Identifier: Apache-2.0
//! Principals of those who are not connected, for their wills: as they stand now.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use hw_kernel::admission::PrincipalId;
use hw_kernel::{Admission, Principal};
use hw_model::{AccountId, CertificateId};
use hw_policy::PolicySet;

/// Looks one up by the name that stands in a session.
pub fn principal(
    admission: &dyn Admission,
    account: AccountId,
    name: &str,
) -> Option<Arc<Principal>> {
    let id = match name {
        "anonymous" => PrincipalId::Anonymous,
        id => PrincipalId::Certificate(id.parse::<CertificateId>().ok()?),
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
    admission.current(&remembered).ok()
}
