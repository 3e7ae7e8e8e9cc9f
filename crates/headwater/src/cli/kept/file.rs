// SPDX-License-Identifier: Apache-2.0
//! Files of objects: what is wrong in one is told with its line and column.

use std::fmt;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::cli::Failure;

/// Longest file, in bytes: more than the API takes.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// Which objects are wanted.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// What one is called.
    pub one: &'a str,
    /// Members that one may have.
    pub members: &'a [&'a str],
}

/// All of a file, or of stdin for `-`.
///
/// # Errors
/// It is not there (exit code 3), can't be read, or is too long.
pub fn text(path: &Path) -> Result<String, Failure> {
    let unusable = |error: std::io::Error| {
        let message = format!("{}: {error}", path.display());
        match error.kind() {
            ErrorKind::NotFound => Failure::not_found(message),
            _ => Failure::usage(message),
        }
    };
    let mut text = String::new();
    let source: Box<dyn Read> = match path.to_str() {
        Some("-") => Box::new(std::io::stdin()),
        _ => Box::new(File::open(path).map_err(unusable)?),
    };
    let read = source.take(FILE_BYTES_MAX + 1).read_to_string(&mut text);
    read.map_err(unusable)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        let message = format!("{} has more than {FILE_BYTES_MAX} bytes", path.display());
        return Err(Failure::usage(message));
    }
    Ok(text)
}

/// The objects in a file's text.
///
/// # Errors
/// Exit code 2: it is no JSON, or has a member that is none of theirs or stands twice.
pub fn objects(path: &Path, text: &str, wanted: Wanted<'_>) -> Result<Vec<Value>, Failure> {
    let mut json = serde_json::Deserializer::from_str(text);
    let read = Objects(wanted).deserialize(&mut json);
    let read = read.and_then(|objects| json.end().map(|()| objects));
    read.map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}

struct Objects<'a>(Wanted<'a>);

impl<'de> DeserializeSeed<'de> for Objects<'_> {
    type Value = Vec<Value>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Vec<Value>, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Objects<'_> {
    type Value = Vec<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = self.0.one;
        write!(f, "a {one} as an object, or an array of such objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Vec<Value>, A::Error> {
        Ok(vec![Object(self.0).visit_map(map)?])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Value>, A::Error> {
        let mut objects = Vec::new();
        while let Some(object) = list.next_element_seed(Object(self.0))? {
            objects.push(object);
        }
        Ok(objects)
    }
}

struct Object<'a>(Wanted<'a>);

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a {} as an object", self.0.one)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let Wanted { one, members } = self.0;
        let mut object = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            if !members.contains(&name.as_str()) {
                let known = members.join(", ");
                let unknown = format!("a {one} has no {name:?}; it may have {known}");
                return Err(de::Error::custom(unknown));
            }
            if object.contains_key(&name) {
                return Err(de::Error::custom(format!("{name:?} stands here twice")));
            }
            object.insert(name, map.next_value()?);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cli::exit::Exit;

    fn read(text: &str) -> Result<Vec<Value>, String> {
        let wanted = Wanted {
            one: "thing",
            members: &["name", "attributes"],
        };
        objects(Path::new("things.json"), text, wanted).map_err(|failure| {
            assert_eq!(failure.exit, Exit::Usage);
            failure.message
        })
    }

    #[test]
    fn one_or_many() {
        let one = json!({"name": "a", "attributes": {"name": "x", "other": 1}});
        assert_eq!(read(&one.to_string()), Ok(vec![one.clone()]));
        let many = json!([one, {"name": "b"}]);
        assert_eq!(
            read(&many.to_string()).map(|found| found.len()),
            Ok(2),
            "{many}"
        );
        assert_eq!(read("[]"), Ok(Vec::new()));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, words, place) in [
            (
                "{\"name\": \"a\",\n \"nam\": 1}",
                "has no \"nam\"",
                "line 2 column 6",
            ),
            (
                "[{\"name\": 1},\n{\"x\": 1}]",
                "may have name, attributes",
                "line 2 column 4",
            ),
            ("{\"name\": 1, \"name\": 2}", "twice", "line 1 column 18"),
            ("{\"name\": 1", "EOF", "line 1 column 10"),
            (
                "{\"name\": 1} {}",
                "trailing characters",
                "line 1 column 13",
            ),
            ("[1]", "a thing as an object", "line 1 column 2"),
            ("17", "an array of such objects", "line 1 column 2"),
        ] {
            let message = read(text).expect_err(text);
            assert!(message.starts_with("things.json: "), "{message}");
            assert!(message.contains(words), "{text}: {message}");
            assert!(message.contains(place), "{text}: {message}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_not_found() {
        let folder = tempfile::tempdir().unwrap();
        let none = text(&folder.path().join("none.json")).expect_err("there is none");
        assert_eq!(none.exit, Exit::NotFound);
        assert_eq!(text(folder.path()).expect_err("a folder").exit, Exit::Usage);
        let long = folder.path().join("long.json");
        std::fs::write(&long, " ".repeat((4 << 20) + 1)).unwrap();
        assert!(text(&long).expect_err("too long").message.contains("bytes"));
    }
}
