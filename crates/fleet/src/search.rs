// SPDX-License-Identifier: Apache-2.0
//! Looking for things by the beginning of their names, type, group and attributes, a page at a time.

use hw_model::AccountId;

use crate::things::{Page, Thing, read};
use crate::{Fleet, FleetError};

/// Things that are looked at for one page; a page may be short, and the next goes on from there.
pub const LOOKED_AT_MAX: usize = 10_000;

/// Rows that are read at a time.
const ROWS: usize = 500;

/// Which things to find; all of what is named must fit.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// What names begin with.
    pub prefix: String,
    /// A word that is somewhere in the name or in an attribute's value, in any case.
    pub word: Option<String>,
    /// Type.
    pub thing_type: Option<String>,
    /// Group: they are in it, or in one below it.
    pub group: Option<String>,
    /// Attributes: a name, and its value if that counts.
    pub attributes: Vec<(String, Option<String>)>,
}

impl Search {
    fn fits(&self, thing: &Thing) -> bool {
        let has = |(name, value): &(String, Option<String>)| {
            let found = thing.attributes.get(name);
            found.is_some_and(|found| value.as_ref().is_none_or(|value| value == found))
        };
        let word = self.word.as_ref().map(|word| word.to_lowercase());
        let said = |text: &String| {
            word.as_ref()
                .is_none_or(|word| text.to_lowercase().contains(word))
        };
        let thing_type = self.thing_type.as_ref();
        thing_type.is_none_or(|wanted| thing.thing_type.as_ref() == Some(wanted))
            && self.attributes.iter().all(has)
            && (said(&thing.name) || thing.attributes.values().any(said))
    }
}

/// Things from a table `t`, alone or joined, of account $1 with names behind $2 that begin with the $4
/// characters of $3; at most $5 of them.
macro_rules! of {
    ($from:literal, $more:literal) => {
        concat!(
            "SELECT t.thing_name, t.thing_id, t.thing_type, t.attributes, t.version, t.created_us \
             FROM ",
            $from,
            " WHERE t.account = $1 AND t.thing_name > $2 AND t.thing_name >= $3 \
             AND substr(t.thing_name, 1, $4) = $3 AND ",
            $more,
            " ORDER BY t.thing_name LIMIT $5"
        )
    };
}

impl Fleet {
    /// A page of at most `count` things in the order of names, from behind `after`. `next` of the
    /// page is `None` only at the end: go on until then, a page may be short or empty.
    pub async fn search(
        &self,
        account: AccountId,
        search: &Search,
        after: Option<&str>,
        count: usize,
    ) -> Result<Page, FleetError> {
        self.search_where(account, search, after, count, &|_| true)
            .await
    }

    /// The same, of those things alone whose names `keep` lets through.
    pub async fn search_where(
        &self,
        account: AccountId,
        search: &Search,
        after: Option<&str>,
        count: usize,
        keep: &(dyn Fn(&str) -> bool + Sync),
    ) -> Result<Page, FleetError> {
        let sql = match search.group {
            None => of!("things t", "$6 = ''"),
            Some(_) => of!(
                "thing_group_lines l \
                 JOIN thing_group_members m ON m.account = l.account AND m.group_name = l.group_name \
                 JOIN things t ON t.account = m.account AND t.thing_name = m.thing_name",
                "l.account = $1 AND l.above_name = $6"
            ),
        };
        let group = search.group.as_deref().unwrap_or_default();
        let prefix_chars = search.prefix.chars().count() as i64;
        let (mut things, mut looked_at) = (Vec::new(), 0);
        let mut after = after.unwrap_or("").to_owned();
        loop {
            let args = vec![
                account.into(),
                after.as_str().into(),
                search.prefix.as_str().into(),
                prefix_chars.into(),
                (ROWS as i64).into(),
                group.into(),
            ];
            let rows = self.catalog.read(sql, args).await?;
            for row in &rows {
                if things.len() == count || looked_at == LOOKED_AT_MAX {
                    return Ok(Page {
                        things,
                        next: Some(after),
                    });
                }
                looked_at += 1;
                row.text(0)?.clone_into(&mut after);
                if !keep(&after) {
                    continue;
                }
                let thing = read(row)?;
                if search.fits(&thing) {
                    things.push(thing);
                }
            }
            if rows.len() < ROWS {
                return Ok(Page { things, next: None });
            }
        }
    }
}
