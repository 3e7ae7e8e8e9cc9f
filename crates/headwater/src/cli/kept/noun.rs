// SPDX-License-Identifier: Apache-2.0
//! A kind of object, and what can be done with one.

use std::path::Path;

use http::Method;
use serde_json::{Map, Value, json};

use super::attached::Attached;
use super::file::{self, Wanted};
use super::made::Made;
use super::{FromFile, List, Remove, Show};
use crate::cli::objects::{self, Column, segment};
use crate::cli::{Failure, note, print_line, table};
use crate::client::Client;

/// A kind of object.
#[derive(Debug)]
pub struct Noun {
    /// Where they are.
    pub path: &'static str,
    /// One of them.
    pub one: &'static str,
    /// The member of an answer that has the objects.
    pub list: &'static str,
    /// The member that names one.
    pub id: &'static str,
    /// Whether the list comes in pages.
    pub paged: bool,
    /// Whether one has a path of its own; otherwise it is found in the list.
    pub alone: bool,
    /// A path behind one that has more members of it.
    pub beside: Option<&'static str>,
    /// What `create` sends of it.
    pub made_of: &'static [&'static str],
    /// What a change sends of it.
    pub changed_by: &'static [&'static str],
    /// What `show` prints and the server alone can say: in a file it does not count.
    pub told: &'static [&'static str],
    /// Names of others that it is attached to.
    pub attached: &'static [Attached],
    /// How it is changed; `None` if it can't be.
    pub method: Option<Method>,
    /// Whether only the version that was read is removed.
    pub removed_as_read: bool,
    /// How `rm --force` goes.
    pub forced: Forced,
    /// What is told when one was made.
    pub made: Made,
    /// What `ls` shows.
    pub columns: &'static [Column],
}

/// What removes something that is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forced {
    /// Nothing: it is not in use, or must be taken out of use first.
    Never,
    /// This in the query.
    By(&'static str),
    /// The same, once its status is INACTIVE.
    Inactive(&'static str),
}

impl Noun {
    /// What most are.
    pub const PLAIN: Self = Self {
        path: "",
        one: "",
        list: "",
        id: "name",
        paged: true,
        alone: true,
        beside: None,
        made_of: &[],
        changed_by: &[],
        told: &[],
        attached: &[],
        method: Some(Method::PUT),
        removed_as_read: false,
        forced: Forced::Never,
        made: Made::Plain,
        columns: &[],
    };

    /// What a file may have, for the help of `create` and `change`.
    pub(super) fn file_help(&self, verb: &str) -> String {
        let sent = match verb {
            "create" => self.made_of,
            _ => self.changed_by,
        };
        let attached = self.attached.iter().map(|list| list.member);
        let mut members = vec![self.id];
        members.extend(sent.iter().filter(|it| **it != self.id));
        members.extend(attached);
        let mut help = format!("A file has, of a {}: {}.", self.one, members.join(", "));
        if verb == "create" && self.made_of.contains(&"pem") {
            help += " A PEM file, of a certificate or a signing request, will do as it is.";
        }
        help
    }

    fn path_of(&self, name: &str) -> String {
        format!("{}/{}", self.path, segment(name))
    }

    pub(in crate::cli) async fn ls(&self, list: &List) -> Result<(), Failure> {
        let mut all = self.all(&list.server.client()?).await?;
        if !list.json {
            all.iter_mut().for_each(readable);
        }
        objects::show(&Value::Array(all), self.columns, list.json)
    }

    async fn all(&self, client: &Client) -> Result<Vec<Value>, Failure> {
        let first = if self.paged { "?limit=250" } else { "" };
        let (mut all, mut path) = (Vec::new(), format!("{}{first}", self.path));
        loop {
            let mut page = client.ask(Method::GET, &path, None).await?;
            if let Value::Array(more) = page[self.list].take() {
                all.extend(more);
            }
            match page["next"].as_str() {
                Some(next) => path = format!("{}{first}&after={}", self.path, segment(next)),
                None => return Ok(all),
            }
        }
    }

    /// One, with all that `show` prints of it.
    async fn get(&self, client: &Client, name: &str) -> Result<Value, Failure> {
        if !self.alone {
            let all = self.all(client).await?;
            let found = all.into_iter().find(|one| one[self.id] == name);
            return found
                .ok_or_else(|| Failure::not_found(format!("there is no {} {name}", self.one)));
        }
        let path = self.path_of(name);
        let mut one = client.ask(Method::GET, &path, None).await?;
        if let Some(beside) = self.beside {
            let path = format!("{path}/{beside}");
            let more = client.ask(Method::GET, &path, None).await?;
            if let (Value::Object(one), Value::Object(more)) = (&mut one, more) {
                one.extend(more);
            }
        }
        Ok(one)
    }

    pub(in crate::cli) async fn show(&self, show: &Show) -> Result<(), Failure> {
        let one = self.get(&show.server.client()?, &show.name).await?;
        if show.json {
            return Ok(print_line(&format!("{one:#}"))?);
        }
        for (name, value) in one.as_object().into_iter().flatten() {
            let text = match value {
                Value::Null => continue,
                Value::String(text) => text.clone(),
                Value::Object(_) | Value::Array(_) => format!("{value:#}"),
                other => other.to_string(),
            };
            let text = table::harmless(&text);
            print_line(&format!("{name}: {text}"))?;
        }
        Ok(())
    }

    /// The objects of a file, each of whose members is known.
    pub(in crate::cli) fn read(&self, path: &Path) -> Result<Vec<Value>, Failure> {
        let text = file::text(path)?;
        if self.made_of.contains(&"pem")
            && let Some(object) = from_pem(&text)
        {
            return Ok(vec![object]);
        }
        let mut members = vec![self.id];
        let attached = self.attached.iter().map(|list| list.member);
        let sent = self.made_of.iter().chain(self.changed_by).copied();
        for member in sent.chain(attached).chain(self.told.iter().copied()) {
            if !members.contains(&member) {
                members.push(member);
            }
        }
        let wanted = Wanted {
            one: self.one,
            members: &members,
        };
        let objects = file::objects(path, &text, wanted)?;
        for object in &objects {
            self.check_attached(object)?;
        }
        Ok(objects)
    }

    pub(in crate::cli) async fn create(&self, from: &FromFile) -> Result<(), Failure> {
        let objects = self.read(&from.file)?;
        let client = from.server.client()?;
        let many = objects.len() > 1;
        for (index, object) in objects.iter().enumerate() {
            let made = self.create_one(&client, from.json, object).await;
            made.map_err(|failure| numbered(failure, many, index))?;
        }
        Ok(())
    }

    async fn create_one(&self, client: &Client, json: bool, object: &Value) -> Result<(), Failure> {
        let mut body = self.part(object, self.made_of);
        // A certificate is made active or not; another status is set when it is there.
        if self.made_of.contains(&"status") {
            body["active"] = matches!(object["status"].as_str(), None | Some("ACTIVE")).into();
            body.as_object_mut().and_then(|body| body.remove("status"));
        }
        let answer = client.ask(Method::POST, self.path, Some(&body)).await?;
        let name = object[self.id].as_str().or(answer[self.id].as_str());
        let name = name.unwrap_or_default().to_owned();
        if json {
            print_line(&format!("{answer:#}"))?;
            note(&format!("Made {} {name}.", self.one));
        } else {
            let done = format!("Made {} {name}.", self.one);
            self.made.tell(client, (object, &answer), &done).await?;
        }
        let rest = async {
            self.settle(client, &name, (&Value::Null, object)).await?;
            self.change_rest(client, &name, (&answer, object)).await
        };
        rest.await.map_err(|failure| Failure {
            message: format!(
                "{} {name} is made, but not all of it: {}; once that is mended, `change -f` with this \
                 file does the rest",
                self.one, failure.message
            ),
            ..failure
        })
    }

    /// What a creation does not take, but a change does.
    async fn change_rest(
        &self,
        client: &Client,
        name: &str,
        (has, wants): (&Value, &Value),
    ) -> Result<(), Failure> {
        let later = self.changed_by.iter().copied();
        let taken = |it: &&str| *it == "version" || *it != "status" && self.made_of.contains(it);
        let later = later.filter(|it| !taken(it));
        let other = |it: &&str| !wants[*it].is_null() && wants[*it] != has[*it];
        let later: Vec<&str> = later.filter(other).collect();
        if let (Some(method), false) = (&self.method, later.is_empty()) {
            let body = self.part(wants, &later);
            let path = self.path_of(name);
            client.ask(method.clone(), &path, Some(&body)).await?;
        }
        Ok(())
    }

    pub(in crate::cli) async fn change(&self, from: &FromFile) -> Result<(), Failure> {
        let objects = self.read(&from.file)?;
        let client = from.server.client()?;
        let many = objects.len() > 1;
        for (index, object) in objects.iter().enumerate() {
            let changed = self.change_one(&client, from.json, object).await;
            changed.map_err(|failure| numbered(failure, many, index))?;
        }
        Ok(())
    }

    async fn change_one(&self, client: &Client, json: bool, object: &Value) -> Result<(), Failure> {
        let Some(method) = &self.method else {
            return Err(Failure::usage(format!("a {} can't be changed", self.one)));
        };
        let name = object[self.id].as_str();
        let name =
            name.ok_or_else(|| Failure::usage(format!("the file has no text {:?}", self.id)))?;
        let has = self.get(client, name).await?;
        self.check_fixed(&has, object)?;
        let body = self.part(object, self.changed_by);
        // A file that says of a certificate only what it is attached to changes no status.
        if body.as_object().is_some_and(|body| !body.is_empty()) || self.attached.is_empty() {
            let path = self.path_of(name);
            client.ask(method.clone(), &path, Some(&body)).await?;
        }
        self.settle(client, name, (&has, object)).await?;
        if json {
            let changed = self.get(client, name).await?;
            print_line(&format!("{changed:#}"))?;
        }
        note(&format!("Changed {} {name}.", self.one));
        Ok(())
    }

    /// What was settled when it was made stays.
    fn check_fixed(&self, has: &Value, wants: &Value) -> Result<(), Failure> {
        let fixed = self
            .made_of
            .iter()
            .filter(|it| !self.changed_by.contains(it));
        for member in fixed {
            if !wants[*member].is_null() && wants[*member] != has[*member] {
                return Err(Failure::usage(format!(
                    "{member:?} of a {} is settled when it is made, and this is another one; \
                     leave it out, or remove the {} and make it anew",
                    self.one, self.one
                )));
            }
        }
        Ok(())
    }

    pub(in crate::cli) async fn remove(&self, named: &Remove) -> Result<(), Failure> {
        let client = named.server.client()?;
        let path = self.path_of(&named.name);
        let mut query = Vec::new();
        if self.removed_as_read {
            let thing = client.ask(Method::GET, &path, None).await?;
            query.push(format!("version={}", thing["version"]));
        }
        match (named.force, self.forced) {
            (false, _) => {}
            (true, Forced::Never) => {
                return Err(Failure::usage(format!("--force is not for a {}", self.one)));
            }
            (true, Forced::By(word)) => query.push(word.to_owned()),
            (true, Forced::Inactive(word)) => {
                let known = client.ask(Method::GET, &path, None).await?;
                if known["status"] == "ACTIVE" {
                    let body = json!({"status": "INACTIVE"});
                    client.ask(Method::PATCH, &path, Some(&body)).await?;
                }
                query.push(word.to_owned());
            }
        }
        let mark = if query.is_empty() { "" } else { "?" };
        let path = format!("{path}{mark}{}", query.join("&"));
        let (one, name) = (self.one, &named.name);
        let done = match client.delete(&path).await? {
            202 => format!(
                "{one} {name} is deprecated: no thing gets it any more. `rm` removes it in five \
                 minutes."
            ),
            _ => format!("Removed {one} {name}."),
        };
        Ok(print_line(&done)?)
    }

    /// Some members of an object; the server says what is missing.
    fn part(&self, object: &Value, members: &[&str]) -> Value {
        let whole = object.as_object();
        let found = members.iter().filter_map(|name| {
            let value = whole?.get(*name)?;
            Some(((*name).to_owned(), value.clone()))
        });
        Value::Object(found.collect::<Map<_, _>>())
    }
}

/// Which of many failed.
fn numbered(failure: Failure, many: bool, index: usize) -> Failure {
    match many {
        false => failure,
        true => Failure {
            message: format!("object {}: {}", index + 1, failure.message),
            ..failure
        },
    }
}

/// A certificate or signing request that stands in a file as it is.
fn from_pem(text: &str) -> Option<Value> {
    let text = text.trim();
    let label = text.strip_prefix("-----BEGIN ")?;
    let member = match label.contains("CERTIFICATE REQUEST-----") {
        true => "csr",
        false => "pem",
    };
    Some(json!({ member: text }))
}

/// Lists of names as people write them.
fn readable(object: &mut Value) {
    for (_, value) in object.as_object_mut().into_iter().flatten() {
        let Value::Array(items) = value else {
            continue;
        };
        let names: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
        if let Some(names) = names {
            *value = names.join(", ").into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::kept::{CERTIFICATES, GROUPS};

    #[test]
    fn what_is_settled_stays() {
        let has = json!({"name": "hall", "parent": "north", "attributes": {}});
        for (wants, fine) in [
            (json!({"name": "hall", "parent": "north"}), true),
            (json!({"name": "hall", "description": "x"}), true),
            (json!({"name": "hall", "parent": "south"}), false),
        ] {
            assert_eq!(GROUPS.check_fixed(&has, &wants).is_ok(), fine, "{wants}");
        }
    }

    #[test]
    fn pem_as_it_is() {
        let request = "-----BEGIN CERTIFICATE REQUEST-----\nx\n-----END CERTIFICATE REQUEST-----\n";
        assert_eq!(from_pem(request), Some(json!({"csr": request.trim()})));
        let certificate = "\n-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----";
        assert_eq!(
            from_pem(certificate),
            Some(json!({"pem": certificate.trim()}))
        );
        assert_eq!(from_pem("{\"pem\": \"-----BEGIN CERTIFICATE-----\"}"), None);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.pem");
        std::fs::write(&file, certificate).unwrap();
        assert_eq!(CERTIFICATES.read(&file).map(|it| it.len()), Ok(1));
        assert!(GROUPS.read(&file).is_err(), "no JSON");
    }

    #[test]
    fn lists_of_names_are_readable() {
        let mut one = json!({"things": ["a", "b"], "clients": [{"id": 1}], "none": []});
        readable(&mut one);
        let wanted = json!({"things": "a, b", "clients": [{"id": 1}], "none": ""});
        assert_eq!(one, wanted);
    }
}
