// SPDX-License-Identifier: Apache-2.0
//! The leaves of a JSON text by way of serde_json, to compare with.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A leaf, with how many objects and arrays are around it.
#[derive(Debug, Clone, PartialEq)]
pub struct RefLeaf {
    /// Keys and element numbers down to it.
    pub path: Vec<String>,
    /// What it is.
    pub value: RefValue,
}

/// What a leaf is.
#[derive(Debug, Clone, PartialEq)]
pub enum RefValue {
    /// A number or boolean, and whether it is an integer beyond 2^53.
    Number(f64, bool),
    /// A string.
    Text(String),
}

/// The leaves in their order, keys that stand twice included; the error is serde_json's.
pub fn leaves(json: &[u8]) -> Result<Vec<RefLeaf>, serde_json::Error> {
    let found = RefCell::new(Vec::new());
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    Node {
        path: &[],
        found: &found,
    }
    .deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(found.into_inner())
}

struct Node<'a> {
    path: &'a [String],
    found: &'a RefCell<Vec<RefLeaf>>,
}

impl Node<'_> {
    fn leaf(&self, value: RefValue) {
        self.found.borrow_mut().push(RefLeaf {
            path: self.path.to_vec(),
            value,
        });
    }

    fn below(&self, name: String) -> Vec<String> {
        self.path.iter().cloned().chain([name]).collect()
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.leaf(RefValue::Number(f64::from(u8::from(value)), false));
        Ok(())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.leaf(RefValue::Number(
            value as f64,
            value.unsigned_abs() > 1 << 53,
        ));
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.leaf(RefValue::Number(value as f64, value > 1 << 53));
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.leaf(RefValue::Number(value, false));
        Ok(())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.leaf(RefValue::Text(value.to_owned()));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        for n in 0_u32.. {
            let path = self.below(n.to_string());
            if list
                .next_element_seed(Node {
                    path: &path,
                    found: self.found,
                })?
                .is_none()
            {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let path = self.below(key);
            map.next_value_seed(Node {
                path: &path,
                found: self.found,
            })?;
        }
        Ok(())
    }
}
