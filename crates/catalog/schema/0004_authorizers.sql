-- SPDX-License-Identifier: Apache-2.0
-- Custom authorizers: who says who a client is that has no certificate.

CREATE TABLE authorizers (
    account TEXT NOT NULL REFERENCES accounts (account),
    authorizer_name TEXT NOT NULL,
    -- What is asked: an https or http URL, or 'jwt:?…'.
    function_arn TEXT NOT NULL,
    -- Name of the header, query parameter or part of the user name that holds the token.
    token_key_name TEXT,
    -- JSON object: name of a key to the PEM of a public RSA key that signs tokens.
    signing_keys TEXT NOT NULL,
    -- One of them signs every token, unless this is 1.
    signing_disabled BIGINT NOT NULL CHECK (signing_disabled IN (0, 1)),
    status TEXT NOT NULL CHECK (status IN ('ACTIVE', 'INACTIVE')),
    -- Kept for DescribeAuthorizer.
    caching_for_http BIGINT NOT NULL CHECK (caching_for_http IN (0, 1)),
    created_us BIGINT NOT NULL,
    modified_us BIGINT NOT NULL,
    PRIMARY KEY (account, authorizer_name)
);

-- The authorizer of clients that name none.
CREATE TABLE default_authorizers (
    account TEXT NOT NULL PRIMARY KEY REFERENCES accounts (account),
    authorizer_name TEXT NOT NULL,
    FOREIGN KEY (account, authorizer_name) REFERENCES authorizers (account, authorizer_name)
);
