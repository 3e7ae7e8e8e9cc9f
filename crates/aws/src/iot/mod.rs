// SPDX-License-Identifier: Apache-2.0
//! AWS IoT control plane (REST-JSON): one file per operation, one line each in the list.

mod arns;
mod attachments;
mod attribute_payload;
mod authorizer;
mod certificate_id;
mod policy_target;
mod policy_version_id;
mod principal;
mod registration;
mod shapes;

mod attach_policy;
mod attach_principal_policy;
mod attach_thing_principal;
mod clear_default_authorizer;
mod create_authorizer;
mod create_certificate_from_csr;
mod create_keys_and_certificate;
mod create_policy;
mod create_policy_version;
mod create_thing;
mod delete_authorizer;
mod delete_certificate;
mod delete_policy;
mod delete_policy_version;
mod delete_thing;
mod describe_authorizer;
mod describe_certificate;
mod describe_default_authorizer;
mod describe_endpoint;
mod describe_thing;
mod detach_policy;
mod detach_principal_policy;
mod detach_thing_principal;
mod get_effective_policies;
mod get_policy;
mod get_policy_version;
mod list_attached_policies;
mod list_authorizers;
mod list_certificates;
mod list_policies;
mod list_policy_principals;
mod list_policy_versions;
mod list_principal_policies;
mod list_principal_things;
mod list_principal_things_v2;
mod list_targets_for_policy;
mod list_thing_principals;
mod list_thing_principals_v2;
mod list_things;
mod register_certificate;
mod register_certificate_without_ca;
mod set_default_authorizer;
mod set_default_policy_version;
mod test_authorization;
mod test_invoke_authorizer;
mod update_authorizer;
mod update_certificate;
mod update_thing;

use crate::{Operation, paging};

/// What works.
pub(crate) const OPERATIONS: &[&Operation] = &[
    attach_policy::OPERATION,
    attach_principal_policy::OPERATION,
    attach_thing_principal::OPERATION,
    clear_default_authorizer::OPERATION,
    create_authorizer::OPERATION,
    create_certificate_from_csr::OPERATION,
    create_keys_and_certificate::OPERATION,
    create_policy::OPERATION,
    create_policy_version::OPERATION,
    create_thing::OPERATION,
    delete_authorizer::OPERATION,
    delete_certificate::OPERATION,
    delete_policy::OPERATION,
    delete_policy_version::OPERATION,
    delete_thing::OPERATION,
    describe_authorizer::OPERATION,
    describe_certificate::OPERATION,
    describe_default_authorizer::OPERATION,
    describe_endpoint::OPERATION,
    describe_thing::OPERATION,
    detach_policy::OPERATION,
    detach_principal_policy::OPERATION,
    detach_thing_principal::OPERATION,
    get_effective_policies::OPERATION,
    get_policy::OPERATION,
    get_policy_version::OPERATION,
    list_attached_policies::OPERATION,
    list_authorizers::OPERATION,
    list_certificates::OPERATION,
    list_policies::OPERATION,
    list_policy_principals::OPERATION,
    list_policy_versions::OPERATION,
    list_principal_policies::OPERATION,
    list_principal_things::OPERATION,
    list_principal_things_v2::OPERATION,
    list_targets_for_policy::OPERATION,
    list_thing_principals::OPERATION,
    list_thing_principals_v2::OPERATION,
    list_things::OPERATION,
    register_certificate::OPERATION,
    register_certificate_without_ca::OPERATION,
    set_default_authorizer::OPERATION,
    set_default_policy_version::OPERATION,
    test_authorization::OPERATION,
    test_invoke_authorizer::OPERATION,
    update_authorizer::OPERATION,
    update_certificate::OPERATION,
    update_thing::OPERATION,
];
