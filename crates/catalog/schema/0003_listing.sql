-- SPDX-License-Identifier: Apache-2.0
-- Lists by the time of creation (ListCertificates) page through an index: without it a page of an
-- account with 100,000 certificates sorts them all.

CREATE INDEX certificates_by_creation ON certificates (account, created_us, certificate_id);
