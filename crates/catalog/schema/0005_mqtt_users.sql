-- SPDX-License-Identifier: Apache-2.0
-- Devices that have no certificate and come in with user name and password. Their policies stand in
-- policy_targets, with 'mqtt-user' as target_kind and the user's name as target.

CREATE TABLE mqtt_users (
    account TEXT NOT NULL REFERENCES accounts (account),
    user_name TEXT NOT NULL,
    -- UUID; another one with each password, so that who came in with the one before is known.
    credential_id TEXT NOT NULL,
    -- PHC string of Argon2id.
    password_phc TEXT NOT NULL,
    -- The thing that it is.
    thing_name TEXT,
    created_us BIGINT NOT NULL,
    password_changed_us BIGINT NOT NULL,
    PRIMARY KEY (account, user_name)
);

CREATE UNIQUE INDEX mqtt_users_by_credential ON mqtt_users (account, credential_id);
