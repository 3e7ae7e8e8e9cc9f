// SPDX-License-Identifier: Apache-2.0
//! Tags in the catalog: statements for the very write that makes or deletes what they are on, so that
//! a resource is never there without its tags, nor they without it.

use hw_model::arn::Kind;
use hw_model::{AccountId, Tag};

use crate::port::catalog::Statement;

/// Kinds that have tags, as on AWS IoT: not things, nor certificates.
pub const TAGGED: &[Kind] = &[
    Kind::ThingType,
    Kind::ThingGroup,
    Kind::Policy,
    Kind::Authorizer,
];

/// The tags of a resource that is being made. They have been checked ([`hw_model::tag::check`]).
pub fn insert(account: AccountId, kind: Kind, name: &str, tags: &[Tag]) -> Vec<Statement> {
    let sql = "INSERT INTO resource_tags \
               (account, resource_kind, resource_name, tag_key, tag_value) \
               VALUES ($1, $2, $3, $4, $5)";
    let one = |tag: &Tag| {
        let args = vec![
            account.into(),
            kind.as_str().into(),
            name.into(),
            tag.key.as_str().into(),
            tag.value.as_str().into(),
        ];
        Statement::new(sql, args).expecting(1)
    };
    tags.iter().map(one).collect()
}

/// Takes all tags of a resource away that is being deleted.
pub fn delete(account: AccountId, kind: Kind, name: &str) -> Statement {
    let sql = "DELETE FROM resource_tags \
               WHERE account = $1 AND resource_kind = $2 AND resource_name = $3";
    let args = vec![account.into(), kind.as_str().into(), name.into()];
    Statement::new(sql, args)
}
