// SPDX-License-Identifier: Apache-2.0
//! What an account keeps, by noun: `headwater things ls`, `policies show NAME`, `dashboards create -f
//! FILE`. `create` and `change` take what `show --json` prints. A new noun is a constant here
//! and two lines in the list of verbs.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Map, Value};

use super::objects::{self, Column, segment};
use super::server::ServerArgs;
use super::{Failure, block_on, note};
use crate::client::Client;

/// Longest file, in bytes: more than the API takes.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// A kind of object.
#[derive(Debug)]
pub struct Noun {
    path: &'static str,
    /// One of them.
    one: &'static str,
    /// The member of a page that has the objects.
    list: &'static str,
    /// The member that names one.
    id: &'static str,
    /// What `create` sends of it.
    made_of: &'static [&'static str],
    /// What a change sends of it; the method is PUT, or PATCH for things.
    changed_by: &'static [&'static str],
    method: Method,
    columns: &'static [Column],
}

/// Things.
pub const THINGS: Noun = Noun {
    path: "/api/v1/things",
    one: "thing",
    list: "things",
    id: "name",
    made_of: &["name", "type", "attributes"],
    changed_by: &["version", "type", "attributes"],
    method: Method::PATCH,
    columns: &[
        ("name", "name"),
        ("type", "type"),
        ("attributes", "attributes"),
        ("connected", "connected"),
        ("last seen", "last_seen"),
    ],
};

/// Policies.
pub const POLICIES: Noun = Noun {
    path: "/api/v1/policies",
    one: "policy",
    list: "policies",
    id: "name",
    made_of: &["name", "document"],
    changed_by: &["version", "document"],
    method: Method::PUT,
    columns: &[
        ("name", "name"),
        ("version", "version"),
        ("attached to", "targets"),
        ("changed", "modified"),
    ],
};

/// Types of things.
pub const TYPES: Noun = Noun {
    path: "/api/v1/types",
    one: "type",
    list: "types",
    id: "name",
    made_of: &["name", "description", "searchable_attributes"],
    changed_by: &["description", "searchable_attributes"],
    method: Method::PUT,
    columns: &[
        ("name", "name"),
        ("about", "description"),
        ("created", "created"),
        ("deprecated", "deprecated"),
    ],
};

/// Groups of things.
pub const GROUPS: Noun = Noun {
    path: "/api/v1/groups",
    one: "group",
    list: "groups",
    id: "name",
    made_of: &["name", "parent", "description", "attributes"],
    changed_by: &["version", "description", "attributes"],
    method: Method::PUT,
    columns: &[("name", "name")],
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
    method: Method::PUT,
    columns: BOARD,
};

/// Saved queries.
pub const QUERIES: Noun = Noun {
    path: "/api/v1/queries",
    one: "query",
    list: "queries",
    id: "id",
    made_of: &["id", "title", "sql"],
    changed_by: &["id", "version", "title", "sql"],
    method: Method::PUT,
    columns: BOARD,
};

/// Nouns as verbs are called by them, and a name for the examples in their help.
pub const EXAMPLES: &[(&str, &str)] = &[
    ("things", "pump-7"),
    ("types", "pump"),
    ("groups", "north"),
    ("policies", "pumps"),
    ("dashboards", "water"),
    ("queries", "newest"),
];

/// Gives each verb of a noun an example.
pub fn with_examples(verbs: clap::Command, noun: &str, name: &str) -> clap::Command {
    let examples = [
        ("ls", "--data ./data".to_owned()),
        ("show", format!("{name} --json --data ./data > {name}.json")),
        ("create", format!("-f {name}.json --data ./data")),
        ("change", format!("-f {name}.json --data ./data")),
        ("rm", format!("{name} --data ./data")),
    ];
    examples.into_iter().fold(verbs, |verbs, (verb, rest)| {
        let help = format!("Example:\n  headwater {noun} {verb} {rest}");
        verbs.mut_subcommand(verb, |it| it.after_help(help))
    })
}

const BOARD: &[Column] = &[
    ("id", "id"),
    ("title", "title"),
    ("version", "version"),
    ("changed", "changed"),
    ("by", "changed_by"),
];

/// What can be done with them
#[derive(Debug, Subcommand)]
pub enum Kept {
    /// List them
    Ls(List),
    /// Print one
    Show(Show),
    /// Make one from a file, as `show --json` prints it
    Create(FromFile),
    /// Change one from a file, as `show --json` prints it; refused if somebody else has changed it since
    Change(FromFile),
    /// Remove one
    Rm(Remove),
}

/// Which server.
#[derive(Debug, Args)]
pub struct List {
    /// Print an array of objects for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

/// Which one.
#[derive(Debug, Args)]
pub struct Show {
    /// Its name or id
    name: String,
    /// Print the whole object for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

/// From where.
#[derive(Debug, Args)]
pub struct FromFile {
    /// A JSON object, or an array of them; `-` is stdin
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    server: ServerArgs,
}

/// Which one.
#[derive(Debug, Args)]
pub struct Remove {
    /// Its name or id
    name: String,
    #[command(flatten)]
    server: ServerArgs,
}

impl Kept {
    pub(super) fn run(&self, noun: &Noun) -> Result<(), Failure> {
        block_on(async {
            match self {
                Self::Ls(list) => noun.ls(list).await,
                Self::Show(show) => noun.show(show).await,
                Self::Create(from) => noun.create(from).await,
                Self::Change(from) => noun.change(from).await,
                Self::Rm(named) => noun.remove(named).await,
            }
        })
    }
}

impl Noun {
    fn path_of(&self, name: &str) -> String {
        format!("{}/{}", self.path, segment(name))
    }

    async fn ls(&self, list: &List) -> Result<(), Failure> {
        let client = list.server.client()?;
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let path = format!("{}?limit=250{after}", self.path);
            let mut page = client.ask(Method::GET, &path, None).await?;
            if let Value::Array(more) = page[self.list].take() {
                all.extend(more);
            }
            match page["next"].as_str() {
                Some(next) => after = format!("&after={}", segment(next)),
                None => break,
            }
        }
        objects::show(&Value::Array(all), self.columns, list.json)
    }

    async fn show(&self, show: &Show) -> Result<(), Failure> {
        let client = show.server.client()?;
        let one = client
            .ask(Method::GET, &self.path_of(&show.name), None)
            .await?;
        if show.json {
            return Ok(super::print_line(&format!("{one:#}"))?);
        }
        for (name, value) in one.as_object().into_iter().flatten() {
            let text = match value {
                Value::Null => continue,
                Value::String(text) => text.clone(),
                Value::Object(_) | Value::Array(_) => format!("{value:#}"),
                other => other.to_string(),
            };
            let text = super::table::harmless(&text);
            super::print_line(&format!("{name}: {text}"))?;
        }
        Ok(())
    }

    async fn create(&self, from: &FromFile) -> Result<(), Failure> {
        let client = from.server.client()?;
        for object in read(&from.file)? {
            let body = self.part(&object, self.made_of);
            client.ask(Method::POST, self.path, Some(&body)).await?;
            note(&format!("Made {} {}.", self.one, self.name(&object)?));
        }
        Ok(())
    }

    async fn change(&self, from: &FromFile) -> Result<(), Failure> {
        let client = from.server.client()?;
        for object in read(&from.file)? {
            let name = self.name(&object)?;
            let body = self.part(&object, self.changed_by);
            client
                .ask(self.method.clone(), &self.path_of(name), Some(&body))
                .await?;
            note(&format!("Changed {} {name}.", self.one));
        }
        Ok(())
    }

    async fn remove(&self, named: &Remove) -> Result<(), Failure> {
        let client = named.server.client()?;
        let path = self.path_of(&named.name);
        let query = self.version_to_remove(&client, &path).await?;
        client
            .ask(Method::DELETE, &format!("{path}{query}"), None)
            .await?;
        Ok(super::print_line(&format!(
            "Removed {} {}.",
            self.one, named.name
        ))?)
    }

    /// A thing is removed only as what it was read as.
    async fn version_to_remove(&self, client: &Client, path: &str) -> Result<String, Failure> {
        if self.method != Method::PATCH {
            return Ok(String::new());
        }
        let thing = client.ask(Method::GET, path, None).await?;
        Ok(format!("?version={}", thing["version"]))
    }

    fn name<'a>(&self, object: &'a Value) -> Result<&'a str, Failure> {
        let name = object[self.id].as_str();
        name.ok_or_else(|| Failure::usage(format!("the file has no text {:?}", self.id)))
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

/// The objects of a file.
fn read(path: &Path) -> Result<Vec<Value>, Failure> {
    let mut text = String::new();
    let read = match path.to_str() {
        Some("-") => std::io::stdin()
            .take(FILE_BYTES_MAX)
            .read_to_string(&mut text),
        _ => File::open(path).and_then(|file| file.take(FILE_BYTES_MAX).read_to_string(&mut text)),
    };
    read.map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    let json: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::usage(format!("{} is no JSON: {error}", path.display())))?;
    Ok(match json {
        Value::Array(objects) => objects,
        one => vec![one],
    })
}
