// SPDX-License-Identifier: Apache-2.0
//! The leaves of one payload, in buffers that the next payload uses again.

use std::ops::Range;

use super::parser::Scratch;
use super::{DEPTH_MAX, LEAVES_MAX, METRIC_BYTES_MAX};

/// A leaf.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Leaf<'a> {
    /// Path, joined by `.`.
    pub metric: &'a str,
    /// Number, or 1 and 0 for true and false.
    pub value: Option<f64>,
    /// Text, or the digits of a number that a double can't hold exactly.
    pub text: Option<&'a str>,
}

/// Leaves that a payload had and that were left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cut {
    /// Below more objects and arrays than [`DEPTH_MAX`].
    pub deep: u64,
    /// With a name of more than [`METRIC_BYTES_MAX`] bytes.
    pub named: u64,
    /// Beyond [`LEAVES_MAX`].
    pub many: u64,
}

/// The leaves of a payload.
#[derive(Debug, Default)]
pub struct Leaves {
    entries: Vec<Entry>,
    names: String,
    pub(super) texts: String,
    pub(super) scratch: Scratch,
    cut: Cut,
}

#[derive(Debug)]
struct Entry {
    name: Range<usize>,
    value: Option<f64>,
    text: Option<Range<usize>>,
}

impl Leaves {
    /// The leaves, in the order of the payload.
    pub fn iter(&self) -> impl Iterator<Item = Leaf<'_>> {
        self.entries.iter().map(|entry| Leaf {
            metric: &self.names[entry.name.clone()],
            value: entry.value,
            text: entry.text.clone().map(|range| &self.texts[range]),
        })
    }

    /// How many leaves.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What was left out.
    pub fn cut(&self) -> Cut {
        self.cut
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.names.clear();
        self.texts.clear();
        self.cut = Cut::default();
    }

    /// Takes a leaf whose text, if it has one, is what stands in `texts` from `text_from` on.
    pub(super) fn push(
        &mut self,
        path: &str,
        depth: usize,
        value: Option<f64>,
        text_from: Option<usize>,
    ) {
        if let Some(counter) = self.limit(path, depth) {
            *counter += 1;
            self.texts.truncate(text_from.unwrap_or(self.texts.len()));
            return;
        }
        let start = self.names.len();
        self.names.push_str(path);
        self.entries.push(Entry {
            name: start..self.names.len(),
            value,
            text: text_from.map(|from| from..self.texts.len()),
        });
    }

    fn limit(&mut self, path: &str, depth: usize) -> Option<&mut u64> {
        if depth > DEPTH_MAX {
            Some(&mut self.cut.deep)
        } else if path.len() > METRIC_BYTES_MAX {
            Some(&mut self.cut.named)
        } else if self.entries.len() >= LEAVES_MAX {
            Some(&mut self.cut.many)
        } else {
            None
        }
    }
}
