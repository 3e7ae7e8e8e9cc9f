// SPDX-License-Identifier: Apache-2.0
//! Tags of types, groups, policies and authorizers, put on and taken off (TagResource).

use hw_kernel::port::catalog::{CatalogError, Statement};
use hw_model::arn::Kind;
use hw_model::tag::{TAGS_MAX, check, check_key};
use hw_model::{AccountId, Tag};

use crate::{Fleet, FleetError};

/// Whether a resource of kind $2 and name $3 is there.
macro_rules! if_there {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " (($2 = 'thingtype' AND EXISTS \
                (SELECT 1 FROM thing_types WHERE account = $1 AND type_name = $3)) \
             OR ($2 = 'thinggroup' AND EXISTS \
                (SELECT 1 FROM thing_groups WHERE account = $1 AND group_name = $3)) \
             OR ($2 = 'policy' AND EXISTS \
                (SELECT 1 FROM policies WHERE account = $1 AND policy_name = $3)) \
             OR ($2 = 'authorizer' AND EXISTS \
                (SELECT 1 FROM authorizers WHERE account = $1 AND authorizer_name = $3))) ",
            $after
        )
    };
}

impl Fleet {
    /// Puts tags on a resource. A key that it has gets the new value.
    pub async fn tag(
        &self,
        account: AccountId,
        (kind, name): (Kind, &str),
        tags: &[Tag],
    ) -> Result<(), FleetError> {
        check(tags)?;
        self.tagged(account, (kind, name)).await?;
        // Each sees those before it, so that no order of two requests makes too many.
        let sql = if_there!(
            "INSERT INTO resource_tags \
             (account, resource_kind, resource_name, tag_key, tag_value) \
             SELECT $1, $2, $3, $4, $5 WHERE",
            "AND (SELECT count(*) FROM resource_tags WHERE account = $1 AND resource_kind = $2 \
              AND resource_name = $3 AND tag_key <> $4) < $6 \
             ON CONFLICT (account, resource_kind, resource_name, tag_key) \
             DO UPDATE SET tag_value = excluded.tag_value"
        );
        let one = |tag: &Tag| {
            let args = vec![
                account.into(),
                kind.as_str().into(),
                name.into(),
                tag.key.as_str().into(),
                tag.value.as_str().into(),
                (TAGS_MAX as i64).into(),
            ];
            Statement::new(sql, args).expecting(1)
        };
        match self.catalog.write(tags.iter().map(one).collect()).await {
            Err(CatalogError::Conflict { .. }) => {
                self.tagged(account, (kind, name)).await?;
                Err(FleetError::Limit(format!(
                    "a resource has at most {TAGS_MAX} tags; take some of {name} away first"
                )))
            }
            done => Ok(done.map(drop)?),
        }
    }

    /// Takes tags off a resource. A key that it has not is fine.
    pub async fn untag(
        &self,
        account: AccountId,
        (kind, name): (Kind, &str),
        keys: &[String],
    ) -> Result<(), FleetError> {
        for key in keys {
            check_key(key)?;
        }
        self.tagged(account, (kind, name)).await?;
        let sql = "DELETE FROM resource_tags WHERE account = $1 AND resource_kind = $2 \
                   AND resource_name = $3 AND tag_key = $4";
        let one = |key: &String| {
            let args = vec![
                account.into(),
                kind.as_str().into(),
                name.into(),
                key.as_str().into(),
            ];
            Statement::new(sql, args)
        };
        let done = self.catalog.write(keys.iter().map(one).collect()).await;
        Ok(done.map(drop)?)
    }

    /// The tags of a resource, by key.
    pub async fn tags(
        &self,
        account: AccountId,
        (kind, name): (Kind, &str),
    ) -> Result<Vec<Tag>, FleetError> {
        self.tagged(account, (kind, name)).await?;
        let sql = "SELECT tag_key, tag_value FROM resource_tags WHERE account = $1 \
                   AND resource_kind = $2 AND resource_name = $3 ORDER BY tag_key";
        let args = vec![account.into(), kind.as_str().into(), name.into()];
        let rows = self.catalog.read(sql, args).await?;
        let tag = |row: &hw_kernel::port::catalog::Row| {
            Ok(Tag {
                key: row.text(0)?.to_owned(),
                value: row.text(1)?.to_owned(),
            })
        };
        rows.iter().map(tag).collect()
    }

    /// Whether the resource is there.
    async fn tagged(
        &self,
        account: AccountId,
        (kind, name): (Kind, &str),
    ) -> Result<(), FleetError> {
        let sql = if_there!("SELECT 1 FROM accounts WHERE account = $1 AND", "");
        let args = vec![account.into(), kind.as_str().into(), name.into()];
        if !self.catalog.read(sql, args).await?.is_empty() {
            return Ok(());
        }
        let what = match kind {
            Kind::ThingType => "thing type",
            Kind::ThingGroup => "thing group",
            Kind::Policy => "policy",
            Kind::Authorizer => "authorizer",
            _ => "resource",
        };
        Err(FleetError::Missing {
            what,
            name: name.to_owned(),
        })
    }
}
