// SPDX-License-Identifier: Apache-2.0
//! The kinds of objects: where the API has them and which of their members it takes.

use http::Method;

use super::attached::Attached;
use super::made::Made;
use super::noun::{Forced, Noun};
use crate::cli::objects::Column;

/// Things.
pub const THINGS: Noun = Noun {
    path: "/api/v1/things",
    one: "thing",
    list: "things",
    beside: Some("principals"),
    made_of: &["name", "type", "attributes"],
    changed_by: &["version", "type", "attributes"],
    told: &[
        "created",
        "last_seen",
        "connected",
        "clients",
        "values",
        // Each says itself which thing it is.
        "mqtt_users",
    ],
    attached: &[
        Attached {
            member: "groups",
            one: "group",
            path: "/api/v1/groups/{item}/things/{name}",
            else_made_by: None,
        },
        Attached {
            member: "certificates",
            one: "certificate",
            path: "/api/v1/certificates/{item}/things/{name}",
            else_made_by: Some("certificates"),
        },
    ],
    method: Some(Method::PATCH),
    removed_as_read: true,
    forced: Forced::By("credentials=true"),
    columns: &[
        ("name", "name"),
        ("type", "type"),
        ("attributes", "attributes"),
        ("connected", "connected"),
        ("last seen", "last_seen"),
    ],
    ..Noun::PLAIN
};

/// Policies.
pub const POLICIES: Noun = Noun {
    path: "/api/v1/policies",
    one: "policy",
    list: "policies",
    made_of: &["name", "document"],
    changed_by: &["version", "document"],
    told: &["versions", "targets", "target_count", "modified"],
    columns: &[
        ("name", "name"),
        ("version", "version"),
        ("attached to", "targets"),
        ("changed", "modified"),
    ],
    ..Noun::PLAIN
};

/// Types of things.
pub const TYPES: Noun = Noun {
    path: "/api/v1/types",
    one: "type",
    list: "types",
    made_of: &["name", "description", "searchable_attributes"],
    changed_by: &["version", "description", "searchable_attributes"],
    told: &["created", "deprecated"],
    columns: &[
        ("name", "name"),
        ("about", "description"),
        ("created", "created"),
        ("deprecated", "deprecated"),
    ],
    ..Noun::PLAIN
};

/// Groups of things.
pub const GROUPS: Noun = Noun {
    path: "/api/v1/groups",
    one: "group",
    list: "groups",
    made_of: &["name", "parent", "description", "attributes"],
    changed_by: &["version", "description", "attributes"],
    told: &["created"],
    attached: &[Attached {
        member: "policies",
        one: "policy",
        path: "/api/v1/groups/{name}/policies/{item}",
        else_made_by: None,
    }],
    columns: &[("name", "name")],
    ..Noun::PLAIN
};

/// Certificates of devices.
pub const CERTIFICATES: Noun = Noun {
    path: "/api/v1/certificates",
    one: "certificate",
    list: "certificates",
    id: "id",
    made_of: &["pem", "csr", "status"],
    changed_by: &["status"],
    told: &[
        "created",
        "not_before",
        "not_after",
        "mode",
        "subject",
        "issuer",
        "ca_id",
        // Stands with its things.
        "exclusive",
    ],
    attached: &[
        Attached {
            member: "policies",
            one: "policy",
            path: "/api/v1/certificates/{name}/policies/{item}",
            else_made_by: None,
        },
        Attached {
            member: "things",
            one: "thing",
            path: "/api/v1/certificates/{name}/things/{item}",
            else_made_by: None,
        },
    ],
    method: Some(Method::PATCH),
    forced: Forced::Inactive("force=true"),
    made: Made::Certificate,
    columns: &[
        ("id", "id"),
        ("status", "status"),
        ("things", "things"),
        ("policies", "policies"),
        ("until", "not_after"),
    ],
    ..Noun::PLAIN
};

/// Devices with a password.
pub const MQTT_USERS: Noun = Noun {
    path: "/api/v1/mqtt-users",
    one: "MQTT user",
    list: "mqtt_users",
    made_of: &["name", "password", "policies", "thing"],
    changed_by: &["policies", "thing"],
    told: &["created", "password_changed"],
    made: Made::Password,
    columns: &[
        ("name", "name"),
        ("policies", "policies"),
        ("thing", "thing"),
        ("created", "created"),
        ("password changed", "password_changed"),
    ],
    ..Noun::PLAIN
};

/// People.
pub const USERS: Noun = Noun {
    path: "/api/v1/users",
    one: "user",
    list: "users",
    paged: false,
    made_of: &["name", "role"],
    changed_by: &["role"],
    told: &["created", "password_changed", "last_sign_in"],
    method: Some(Method::PATCH),
    made: Made::Link,
    columns: &[
        ("name", "name"),
        ("role", "role"),
        ("created", "created"),
        ("password chosen", "password_changed"),
        ("last sign-in", "last_sign_in"),
    ],
    ..Noun::PLAIN
};

/// Keys of programs. They are made by `keys`, which knows the doors that they are for.
pub const KEYS: Noun = Noun {
    path: "/api/v1/keys",
    one: "key",
    list: "keys",
    id: "id",
    paged: false,
    alone: false,
    made_of: &["label", "role"],
    told: &["kind", "made_by", "created", "last_used"],
    method: None,
    columns: &[
        ("id", "id"),
        ("kind", "kind"),
        ("label", "label"),
        ("role", "role"),
        ("made by", "made_by"),
        ("created", "created"),
        ("last used", "last_used"),
    ],
    ..Noun::PLAIN
};

/// Accounts.
pub const ACCOUNTS: Noun = Noun {
    path: "/api/v1/accounts",
    one: "account",
    list: "accounts",
    id: "account",
    paged: false,
    alone: false,
    made_of: &["account", "name"],
    told: &["created", "has_administrator"],
    method: None,
    columns: &[
        ("account", "account"),
        ("name", "name"),
        ("created", "created"),
    ],
    ..Noun::PLAIN
};

/// Dashboards.
pub const DASHBOARDS: Noun = Noun {
    path: "/api/v1/dashboards",
    one: "dashboard",
    list: "dashboards",
    id: "id",
    made_of: &["id", "title", "about", "thing_type", "span", "widgets"],
    changed_by: &[
        "id",
        "version",
        "title",
        "about",
        "thing_type",
        "span",
        "widgets",
    ],
    columns: BOARD,
    ..Noun::PLAIN
};

/// Saved queries.
pub const QUERIES: Noun = Noun {
    path: "/api/v1/queries",
    one: "query",
    list: "queries",
    id: "id",
    made_of: &["id", "title", "sql"],
    changed_by: &["id", "version", "title", "sql"],
    columns: BOARD,
    ..Noun::PLAIN
};

const BOARD: &[Column] = &[
    ("id", "id"),
    ("title", "title"),
    ("version", "version"),
    ("changed", "changed"),
    ("by", "changed_by"),
];
