// SPDX-License-Identifier: Apache-2.0
//! JSON as a tree that keeps the order of keys and refuses a key that stands twice.
//!
//! A plain map would keep the last of two equal keys, and so could silently drop a Deny. Depth is
//! bounded by the parser (128 levels).

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::PolicyError;

/// One JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    /// In its shortest decimal form.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

/// Marks the one error that is told apart from bad JSON.
const DUPLICATE: &str = "duplicate key ";

impl Node {
    /// Reads one whole document.
    pub(crate) fn parse(json: &str) -> Result<Node, PolicyError> {
        serde_json::from_str(json).map_err(|error| {
            let text = error.to_string();
            match duplicate_in(&text) {
                Some(key) => PolicyError::DuplicateKey(key),
                None => PolicyError::NotJson(text),
            }
        })
    }

    /// What it is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Node::Null => "null",
            Node::Bool(_) => "a boolean",
            Node::Number(_) => "a number",
            Node::Text(_) => "a string",
            Node::List(_) => "a list",
            Node::Object(_) => "an object",
        }
    }
}

/// The key named in our own error text: `duplicate key "X" at line 1 column 2`.
fn duplicate_in(text: &str) -> Option<String> {
    let rest = text.strip_prefix(DUPLICATE)?;
    serde_json::Deserializer::from_str(rest)
        .into_iter::<String>()
        .next()?
        .ok()
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Node, E> {
        Ok(Node::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut seen = std::collections::HashSet::new();
        let mut object = Vec::new();
        while let Some((key, value)) = entries.next_entry::<String, Node>()? {
            if !seen.insert(key.clone()) {
                let quoted = serde_json::to_string(&key).map_err(A::Error::custom)?;
                return Err(A::Error::custom(format_args!("{DUPLICATE}{quoted}")));
            }
            object.push((key, value));
        }
        Ok(Node::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_stands_twice_is_named() {
        let twice = r#"{"a":[{"E\"x":1,"E\"x":2}]}"#;
        assert_eq!(
            Node::parse(twice),
            Err(PolicyError::DuplicateKey("E\"x".into()))
        );
    }

    #[test]
    fn deep_nesting_is_an_error() {
        let deep = "[".repeat(100_000);
        assert!(matches!(Node::parse(&deep), Err(PolicyError::NotJson(_))));
    }

    #[test]
    fn trailing_text_is_an_error() {
        assert!(matches!(Node::parse("{} {}"), Err(PolicyError::NotJson(_))));
    }
}
