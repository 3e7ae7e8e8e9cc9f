-- SPDX-License-Identifier: Apache-2.0
-- Types of things count their changes, as things, groups and documents do: of two people who change one
-- the second learns of the first.

-- From 1.
ALTER TABLE thing_types ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
