// SPDX-License-Identifier: Apache-2.0
//! Members of an object that are others' names: each is attached and detached by a request of its own.

use http::Method;
use serde_json::Value;

use super::noun::Noun;
use crate::cli::objects::segment;
use crate::cli::{Failure, note};
use crate::client::{Client, ClientError};

/// A list of others' names.
#[derive(Debug)]
pub struct Attached {
    /// As the object has it.
    pub member: &'static str,
    /// What one of them is.
    pub one: &'static str,
    /// Where PUT attaches and DELETE detaches: `{name}` is the object, `{item}` the other.
    pub path: &'static str,
    /// The verb that makes one together with its attachment, if it is not there.
    pub else_made_by: Option<&'static str>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Item {
    name: String,
    /// Whether a certificate has this thing alone; `None` if nothing is said of it.
    exclusive: Option<bool>,
}

impl Attached {
    /// Those in an object; `None` if it does not say.
    fn of(&self, object: &Value) -> Result<Option<Vec<Item>>, Failure> {
        let items = match &object[self.member] {
            Value::Null => return Ok(None),
            Value::Array(items) => items,
            _ => return Err(self.wrong()),
        };
        // A certificate says of all its things what a thing says of each certificate.
        let of_all = object["exclusive"].as_bool();
        let of_all = of_all.filter(|_| self.member == "things");
        let item = |item: &Value| {
            let name = item.as_str().or_else(|| item["id"].as_str());
            Ok(Item {
                name: name.ok_or_else(|| self.wrong())?.to_owned(),
                exclusive: item["exclusive"].as_bool().or(of_all),
            })
        };
        items.iter().map(item).collect::<Result<_, _>>().map(Some)
    }

    fn wrong(&self) -> Failure {
        Failure::usage(format!("{:?} is no list of names", self.member))
    }

    fn path_of(&self, name: &str, item: &str) -> String {
        let path = self.path.replace("{name}", &segment(name));
        path.replace("{item}", &segment(item))
    }

    /// Makes it so that an object has what it `wants`, and nothing else of this kind.
    async fn settle(
        &self,
        client: &Client,
        name: &str,
        (has, wants): (Vec<Item>, Vec<Item>),
    ) -> Result<(), Failure> {
        let same = |a: &Item, b: &Item| {
            a.name == b.name && (b.exclusive.is_none() || a.exclusive == b.exclusive)
        };
        // First what goes: there may be a limit, or a certificate that can have one thing alone.
        for item in &has {
            if !wants.iter().any(|want| want.name == item.name) {
                let path = self.path_of(name, &item.name);
                client.ask(Method::DELETE, &path, None).await?;
            }
        }
        for item in &wants {
            if has.iter().any(|it| same(it, item)) {
                continue;
            }
            let mut path = self.path_of(name, &item.name);
            if let Some(exclusive) = item.exclusive {
                path += &format!("?exclusive={exclusive}");
            }
            match (
                client.ask(Method::PUT, &path, None).await,
                self.else_made_by,
            ) {
                (Err(ClientError::Answer { status: 404, .. }), Some(verb)) => note(&format!(
                    "{} {} is not here; `headwater {verb} create` makes and attaches it.",
                    self.one, item.name
                )),
                (done, _) => drop(done?),
            }
        }
        Ok(())
    }
}

impl Noun {
    /// Attaches and detaches what an object has and is to have; what it does not name stays.
    pub(super) async fn settle(
        &self,
        client: &Client,
        name: &str,
        (has, wants): (&Value, &Value),
    ) -> Result<(), Failure> {
        for attached in self.attached {
            let Some(wants) = attached.of(wants)? else {
                continue;
            };
            let has = attached.of(has)?.unwrap_or_default();
            attached.settle(client, name, (has, wants)).await?;
        }
        Ok(())
    }

    /// Whether what an object is to be attached to is written as it must be.
    pub(super) fn check_attached(&self, object: &Value) -> Result<(), Failure> {
        let lists = self.attached.iter();
        lists
            .map(|list| list.of(object))
            .try_for_each(|read| read.map(drop))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{CERTIFICATES, THINGS};
    use super::*;

    fn item(name: &str, exclusive: Option<bool>) -> Item {
        Item {
            name: name.to_owned(),
            exclusive,
        }
    }

    #[test]
    fn names_in_each_of_their_forms() {
        let (groups, certificates) = (&THINGS.attached[0], &THINGS.attached[1]);
        let things = &CERTIFICATES.attached[1];
        let thing = json!({"name": "t", "groups": ["a"], "certificates":
            [{"id": "c1", "exclusive": true, "status": "ACTIVE"}, "c2"]});
        assert_eq!(groups.of(&thing).unwrap(), Some(vec![item("a", None)]));
        let both = vec![item("c1", Some(true)), item("c2", None)];
        assert_eq!(certificates.of(&thing).unwrap(), Some(both));
        let certificate = json!({"things": ["t"], "exclusive": false});
        let one = vec![item("t", Some(false))];
        assert_eq!(things.of(&certificate).unwrap(), Some(one));
        assert_eq!(things.of(&json!({})).unwrap(), None);
        for wrong in [json!({"groups": "a"}), json!({"groups": [1]})] {
            assert!(THINGS.check_attached(&wrong).is_err(), "{wrong}");
        }
    }
}
