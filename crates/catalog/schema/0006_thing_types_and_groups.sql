-- SPDX-License-Identifier: Apache-2.0
-- Types of things, static groups of them, who is in which group, and tags; two indexes. Policies of a group stand in
-- policy_targets, with 'thinggroup' as target_kind and the group's name as target.

CREATE TABLE thing_types (
    account TEXT NOT NULL REFERENCES accounts (account),
    type_name TEXT NOT NULL,
    -- UUID.
    type_id TEXT NOT NULL,
    -- NULL if none was given.
    description TEXT,
    -- JSON array of the names of attributes that things of it are searched by, at most three.
    searchable_attributes TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    -- NULL while things can be given this type.
    deprecated_us BIGINT,
    PRIMARY KEY (account, type_name)
);

-- Types that things have and nobody has made. Neither engine's way to make a UUID is the other's: each
-- takes that of one of its things, which has no other type.
INSERT INTO thing_types
    (account, type_name, type_id, description, searchable_attributes, created_us, deprecated_us)
SELECT account, thing_type, min(thing_id), NULL, '[]', min(created_us), NULL
FROM things WHERE thing_type IS NOT NULL
GROUP BY account, thing_type;

-- Whether a type is in use.
CREATE INDEX things_by_type ON things (account, thing_type) WHERE thing_type IS NOT NULL;

CREATE TABLE thing_groups (
    account TEXT NOT NULL REFERENCES accounts (account),
    group_name TEXT NOT NULL,
    -- UUID.
    group_id TEXT NOT NULL,
    -- The group that it is in, for good; NULL for one at the top.
    parent_name TEXT,
    -- NULL if none was given.
    description TEXT,
    -- JSON object of strings.
    attributes TEXT NOT NULL,
    -- Counts changes, from 1.
    version BIGINT NOT NULL,
    created_us BIGINT NOT NULL,
    PRIMARY KEY (account, group_name),
    FOREIGN KEY (account, parent_name) REFERENCES thing_groups (account, group_name)
);

CREATE INDEX thing_groups_by_parent ON thing_groups (account, parent_name, group_name);

-- Each group's line: the group itself, its parent, and so on to the top. It is written with the group
-- and never changes, so that no question of inheritance walks the tree.
CREATE TABLE thing_group_lines (
    account TEXT NOT NULL,
    group_name TEXT NOT NULL,
    above_name TEXT NOT NULL,
    -- 0 for the group itself, 1 for its parent.
    steps BIGINT NOT NULL,
    PRIMARY KEY (account, group_name, above_name),
    FOREIGN KEY (account, group_name) REFERENCES thing_groups (account, group_name) ON DELETE CASCADE
);

CREATE INDEX thing_group_lines_by_above ON thing_group_lines (account, above_name, group_name);

-- Which things are in which groups. Goes with either of them.
CREATE TABLE thing_group_members (
    account TEXT NOT NULL,
    thing_name TEXT NOT NULL,
    group_name TEXT NOT NULL,
    added_us BIGINT NOT NULL,
    PRIMARY KEY (account, thing_name, group_name),
    FOREIGN KEY (account, thing_name) REFERENCES things (account, thing_name) ON DELETE CASCADE,
    FOREIGN KEY (account, group_name) REFERENCES thing_groups (account, group_name) ON DELETE CASCADE
);

CREATE INDEX thing_group_members_by_group
    ON thing_group_members (account, group_name, thing_name);

-- The policies of a target and the things of a certificate, from these indexes alone. Without the last
-- column the primary keys were read instead, for the whole account, in each handshake: they have all
-- columns, and without counts one column that fits seems nearly as good as three.
DROP INDEX policy_targets_by_target;
CREATE INDEX policy_targets_by_target
    ON policy_targets (account, target_kind, target, policy_name);
DROP INDEX thing_principals_by_certificate;
CREATE INDEX thing_principals_by_certificate
    ON thing_principals (account, certificate_id, thing_name);

-- Tags of what has them: TagResource.
CREATE TABLE resource_tags (
    account TEXT NOT NULL REFERENCES accounts (account),
    -- 'thingtype', 'thinggroup', 'policy' or 'authorizer', as in ARNs.
    resource_kind TEXT NOT NULL,
    resource_name TEXT NOT NULL,
    tag_key TEXT NOT NULL,
    -- May be empty.
    tag_value TEXT NOT NULL,
    PRIMARY KEY (account, resource_kind, resource_name, tag_key)
);
