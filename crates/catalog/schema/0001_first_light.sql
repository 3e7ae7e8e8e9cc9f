-- SPDX-License-Identifier: Apache-2.0
-- The catalog, as of the first release. Common subset of SQLite and PostgreSQL: TEXT, BIGINT,
-- DOUBLE PRECISION and BYTEA only; no serial ids (ours are made by us); times are BIGINT
-- microseconds since 1970-01-01 UTC and end in `_us`; JSON is TEXT; booleans are BIGINT 0 or 1.
-- Every table of somebody's data begins with `account`: twelve digits, as in ARNs.

-- Facts about the folder itself: `epoch` counts the server's starts, `format` the layout's version.
CREATE TABLE facts (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- Accounts (tenants).
CREATE TABLE accounts (
    account TEXT NOT NULL PRIMARY KEY CHECK (length(account) = 12),
    name TEXT NOT NULL,
    created_us BIGINT NOT NULL
);

-- Keys and certificates of the server itself. Secrets are sealed: AES-256-GCM under the master
-- key, with the name as associated data, nonce first.
CREATE TABLE server_secrets (
    -- 'ca', 'server'
    name TEXT NOT NULL PRIMARY KEY,
    -- PEM certificate, public.
    certificate_pem TEXT NOT NULL,
    -- PKCS#8 DER of its private key, sealed.
    private_key_sealed BYTEA NOT NULL,
    created_us BIGINT NOT NULL
);

-- SigV4 access keys. They must be read back to verify a signature, so they are sealed with the
-- key id as associated data.
CREATE TABLE access_keys (
    access_key_id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (account),
    secret_sealed BYTEA NOT NULL,
    -- What it is for, in its owner's words.
    label TEXT NOT NULL,
    -- 'Active' or 'Inactive', as AWS names them.
    status TEXT NOT NULL CHECK (status IN ('Active', 'Inactive')),
    created_us BIGINT NOT NULL
);

-- API keys for people's programs: SQL, HTTP API, PostgreSQL password. Only a hash is stored: the
-- key is 256 random bits, so SHA-256 is enough and a look-up costs nothing.
CREATE TABLE api_keys (
    key_id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (account),
    secret_sha256 BYTEA NOT NULL,
    label TEXT NOT NULL,
    -- 'admin' may do everything in its account, 'read' may query and watch.
    role TEXT NOT NULL CHECK (role IN ('admin', 'read')),
    status TEXT NOT NULL CHECK (status IN ('Active', 'Inactive')),
    created_us BIGINT NOT NULL
);

-- Device certificates. Private keys are never stored.
CREATE TABLE certificates (
    account TEXT NOT NULL REFERENCES accounts (account),
    -- Lower-case hexadecimal SHA-256 of the DER.
    certificate_id TEXT NOT NULL CHECK (length(certificate_id) = 64),
    certificate_pem TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN
        ('ACTIVE', 'INACTIVE', 'REVOKED', 'PENDING_TRANSFER', 'PENDING_ACTIVATION')),
    -- 'DEFAULT' (we made it) or 'SNI_ONLY' (registered without CA).
    mode TEXT NOT NULL,
    -- Id of the CA that signed it, if that is known here; else ''.
    ca_certificate_id TEXT NOT NULL,
    -- Counts changes of status.
    customer_version BIGINT NOT NULL,
    generation_id TEXT NOT NULL,
    not_before_us BIGINT NOT NULL,
    not_after_us BIGINT NOT NULL,
    created_us BIGINT NOT NULL,
    modified_us BIGINT NOT NULL,
    PRIMARY KEY (account, certificate_id)
);

-- A certificate may be registered in several accounts; SNI chooses.
CREATE INDEX certificates_by_id ON certificates (certificate_id);

-- Policies and their versions. Versions are numbered from 1 and never reused.
CREATE TABLE policies (
    account TEXT NOT NULL REFERENCES accounts (account),
    policy_name TEXT NOT NULL,
    default_version BIGINT NOT NULL,
    last_version BIGINT NOT NULL,
    generation_id TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    modified_us BIGINT NOT NULL,
    PRIMARY KEY (account, policy_name)
);

CREATE TABLE policy_versions (
    account TEXT NOT NULL,
    policy_name TEXT NOT NULL,
    version BIGINT NOT NULL,
    -- Verbatim, as it was sent.
    document TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    PRIMARY KEY (account, policy_name, version),
    FOREIGN KEY (account, policy_name) REFERENCES policies (account, policy_name) ON DELETE CASCADE
);

-- Which policy is attached to whom.
CREATE TABLE policy_targets (
    account TEXT NOT NULL,
    policy_name TEXT NOT NULL,
    -- 'cert' (thing groups follow).
    target_kind TEXT NOT NULL,
    -- Certificate id.
    target TEXT NOT NULL,
    attached_us BIGINT NOT NULL,
    PRIMARY KEY (account, policy_name, target_kind, target),
    FOREIGN KEY (account, policy_name) REFERENCES policies (account, policy_name)
);

CREATE INDEX policy_targets_by_target ON policy_targets (account, target_kind, target);

-- Things of the registry.
CREATE TABLE things (
    account TEXT NOT NULL REFERENCES accounts (account),
    thing_name TEXT NOT NULL,
    -- UUID.
    thing_id TEXT NOT NULL,
    thing_type TEXT,
    billing_group TEXT,
    -- JSON object of strings.
    attributes TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_us BIGINT NOT NULL,
    PRIMARY KEY (account, thing_name)
);

-- Which principals (certificates) are attached to which things.
CREATE TABLE thing_principals (
    account TEXT NOT NULL,
    thing_name TEXT NOT NULL,
    certificate_id TEXT NOT NULL,
    -- 'EXCLUSIVE_THING' or 'NON_EXCLUSIVE_THING'.
    attachment TEXT NOT NULL CHECK (attachment IN ('EXCLUSIVE_THING', 'NON_EXCLUSIVE_THING')),
    attached_us BIGINT NOT NULL,
    PRIMARY KEY (account, thing_name, certificate_id),
    FOREIGN KEY (account, thing_name) REFERENCES things (account, thing_name)
);

CREATE INDEX thing_principals_by_certificate ON thing_principals (account, certificate_id);

-- Pointers to the tables' current metadata, in the layout of the standard Iceberg SQL catalog, so
-- that other tools open this database as one. Compare-and-swap on metadata_location is a commit.
CREATE TABLE iceberg_tables (
    catalog_name TEXT NOT NULL,
    -- The account.
    table_namespace TEXT NOT NULL,
    table_name TEXT NOT NULL,
    metadata_location TEXT,
    previous_metadata_location TEXT,
    iceberg_type TEXT,
    PRIMARY KEY (catalog_name, table_namespace, table_name)
);

CREATE TABLE iceberg_namespace_properties (
    catalog_name TEXT NOT NULL,
    namespace TEXT NOT NULL,
    property_key TEXT NOT NULL,
    property_value TEXT,
    PRIMARY KEY (catalog_name, namespace, property_key)
);

-- How far each table has come in the Log, written in the same transaction as its pointer.
CREATE TABLE lake_cursors (
    account TEXT NOT NULL,
    table_name TEXT NOT NULL,
    -- Text form of a kernel cursor.
    cursor TEXT NOT NULL,
    metadata_location TEXT NOT NULL,
    committed_us BIGINT NOT NULL,
    PRIMARY KEY (account, table_name)
);
