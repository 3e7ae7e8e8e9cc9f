// SPDX-License-Identifier: Apache-2.0
//! AWS IoT control plane (REST-JSON): one file per operation, its `mod` and a line in the list.

// What operations share.
mod arns;
mod attachments;
mod attribute_payload;
mod authorizer;
mod certificate_id;
mod membership;
mod policy_target;
mod policy_version_id;
mod principal;
mod registration;
mod shapes;
mod tags;
mod thing_group;
mod thing_type;

// The operations.
mod add_thing_to_thing_group;
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
mod create_thing_group;
mod create_thing_type;
mod delete_authorizer;
mod delete_certificate;
mod delete_policy;
mod delete_policy_version;
mod delete_thing;
mod delete_thing_group;
mod delete_thing_type;
mod deprecate_thing_type;
mod describe_authorizer;
mod describe_certificate;
mod describe_default_authorizer;
mod describe_endpoint;
mod describe_thing;
mod describe_thing_group;
mod describe_thing_type;
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
mod list_tags_for_resource;
mod list_targets_for_policy;
mod list_thing_groups;
mod list_thing_groups_for_thing;
mod list_thing_principals;
mod list_thing_principals_v2;
mod list_thing_types;
mod list_things;
mod list_things_in_thing_group;
mod register_certificate;
mod register_certificate_without_ca;
mod remove_thing_from_thing_group;
mod set_default_authorizer;
mod set_default_policy_version;
mod tag_resource;
mod test_authorization;
mod test_invoke_authorizer;
mod untag_resource;
mod update_authorizer;
mod update_certificate;
mod update_thing;
mod update_thing_group;
mod update_thing_groups_for_thing;
mod update_thing_type;

use crate::{Operation, paging};

/// What works.
pub(crate) const OPERATIONS: &[&Operation] = &[
    add_thing_to_thing_group::OPERATION,
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
    create_thing_group::OPERATION,
    create_thing_type::OPERATION,
    delete_authorizer::OPERATION,
    delete_certificate::OPERATION,
    delete_policy::OPERATION,
    delete_policy_version::OPERATION,
    delete_thing::OPERATION,
    delete_thing_group::OPERATION,
    delete_thing_type::OPERATION,
    deprecate_thing_type::OPERATION,
    describe_authorizer::OPERATION,
    describe_certificate::OPERATION,
    describe_default_authorizer::OPERATION,
    describe_endpoint::OPERATION,
    describe_thing::OPERATION,
    describe_thing_group::OPERATION,
    describe_thing_type::OPERATION,
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
    list_tags_for_resource::OPERATION,
    list_targets_for_policy::OPERATION,
    list_thing_groups::OPERATION,
    list_thing_groups_for_thing::OPERATION,
    list_thing_principals::OPERATION,
    list_thing_principals_v2::OPERATION,
    list_thing_types::OPERATION,
    list_things::OPERATION,
    list_things_in_thing_group::OPERATION,
    register_certificate::OPERATION,
    register_certificate_without_ca::OPERATION,
    remove_thing_from_thing_group::OPERATION,
    set_default_authorizer::OPERATION,
    set_default_policy_version::OPERATION,
    tag_resource::OPERATION,
    test_authorization::OPERATION,
    test_invoke_authorizer::OPERATION,
    untag_resource::OPERATION,
    update_authorizer::OPERATION,
    update_certificate::OPERATION,
    update_thing::OPERATION,
    update_thing_group::OPERATION,
    update_thing_groups_for_thing::OPERATION,
    update_thing_type::OPERATION,
];
