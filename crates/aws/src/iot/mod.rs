// SPDX-License-Identifier: Apache-2.0
//! AWS IoT control plane (REST-JSON): one file per operation, one line each in the list.

mod arns;
mod certificate_id;
mod paging;
mod shapes;

mod attach_policy;
mod attach_thing_principal;
mod create_keys_and_certificate;
mod create_policy;
mod create_thing;
mod delete_thing;
mod describe_certificate;
mod describe_endpoint;
mod describe_thing;
mod detach_policy;
mod detach_thing_principal;
mod get_policy;
mod list_attached_policies;
mod list_things;
mod update_certificate;

use crate::Operation;

/// What works.
pub(crate) const OPERATIONS: &[&Operation] = &[
    attach_policy::OPERATION,
    attach_thing_principal::OPERATION,
    create_keys_and_certificate::OPERATION,
    create_policy::OPERATION,
    create_thing::OPERATION,
    delete_thing::OPERATION,
    describe_certificate::OPERATION,
    describe_endpoint::OPERATION,
    describe_thing::OPERATION,
    detach_policy::OPERATION,
    detach_thing_principal::OPERATION,
    get_policy::OPERATION,
    list_attached_policies::OPERATION,
    list_things::OPERATION,
    update_certificate::OPERATION,
];
