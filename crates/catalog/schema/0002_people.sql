-- SPDX-License-Identifier: Apache-2.0
-- People: users with passwords, the links that let them choose one, sessions that outlive a
-- restart, and who made which key.

-- People who sign in. A name is one person's within its account.
CREATE TABLE users (
    account TEXT NOT NULL REFERENCES accounts (account),
    user_name TEXT NOT NULL,
    -- PHC string of Argon2id; NULL until the person has opened a link and chosen a password.
    password_phc TEXT,
    -- 'admin' may do everything in the account, 'read' may query and watch.
    role TEXT NOT NULL CHECK (role IN ('admin', 'read')),
    created_us BIGINT NOT NULL,
    password_changed_us BIGINT,
    last_sign_in_us BIGINT,
    PRIMARY KEY (account, user_name)
);

-- One-time links with which a password is chosen. Only a hash of the token is stored: it is 256
-- random bits.
CREATE TABLE user_links (
    token_sha256 BYTEA NOT NULL PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (account),
    -- Whose password; '' for the account's first administrator, who chooses a name too.
    user_name TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    ends_us BIGINT NOT NULL
);

CREATE INDEX user_links_by_user ON user_links (account, user_name);

-- Browsers that are signed in. Only a hash of the cookie's token is stored.
CREATE TABLE sessions (
    token_sha256 BYTEA NOT NULL PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (account),
    -- Names the session in lists; opens nothing.
    session_id TEXT NOT NULL,
    -- 'user', 'key' or 'link'. What a user or key may do is asked of its own row at each request.
    owner_kind TEXT NOT NULL CHECK (owner_kind IN ('user', 'key', 'link')),
    -- User name, key id, or ''.
    owner TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('admin', 'read')),
    created_us BIGINT NOT NULL,
    -- Last request, to the minute.
    seen_us BIGINT NOT NULL,
    -- When it ends whatever is done in it.
    ends_us BIGINT NOT NULL,
    -- Where it began: address and browser, in words; NULL if that is not known.
    address TEXT,
    agent TEXT
);

CREATE INDEX sessions_by_owner ON sessions (account, owner_kind, owner);

-- Who made a key: 'user NAME', 'key ID', 'admin socket'; NULL for keys of the first release.
ALTER TABLE api_keys ADD COLUMN made_by TEXT;
-- Last use, to ten minutes; NULL if it was never used, or not since this column is kept.
ALTER TABLE api_keys ADD COLUMN last_used_us BIGINT;
ALTER TABLE access_keys ADD COLUMN made_by TEXT;
ALTER TABLE access_keys ADD COLUMN last_used_us BIGINT;
