// SPDX-License-Identifier: Apache-2.0
//! ARNs in answers: of the caller's account, in this server's region.

use hw_model::CertificateId;
use hw_model::arn::{Kind, iot};

use crate::operation::Call;

pub(crate) fn thing(call: &Call<'_>, name: &str) -> String {
    of(call, Kind::Thing, name)
}

pub(crate) fn thing_type(call: &Call<'_>, name: &str) -> String {
    of(call, Kind::ThingType, name)
}

pub(crate) fn thing_group(call: &Call<'_>, name: &str) -> String {
    of(call, Kind::ThingGroup, name)
}

pub(crate) fn policy(call: &Call<'_>, name: &str) -> String {
    of(call, Kind::Policy, name)
}

pub(crate) fn certificate(call: &Call<'_>, id: CertificateId) -> String {
    of(call, Kind::Cert, &id.to_string())
}

/// Of a certificate id as lists have it.
pub(crate) fn certificate_of(call: &Call<'_>, id: &str) -> String {
    of(call, Kind::Cert, id)
}

fn of(call: &Call<'_>, kind: Kind, name: &str) -> String {
    iot(call.deps.identity.region(), call.caller.account, kind, name)
}
