-- SPDX-License-Identifier: Apache-2.0
-- What people keep to look at their data by: dashboards and saved queries.

CREATE TABLE documents (
    account TEXT NOT NULL REFERENCES accounts (account),
    -- 'dashboard' or 'query'.
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    title TEXT NOT NULL,
    -- Counts changes, from 1.
    version BIGINT NOT NULL,
    -- JSON.
    body TEXT NOT NULL,
    -- Name of a user, id of a key, or 'admin socket'.
    changed_by TEXT NOT NULL,
    changed_us BIGINT NOT NULL,
    created_us BIGINT NOT NULL,
    PRIMARY KEY (account, kind, id)
);
