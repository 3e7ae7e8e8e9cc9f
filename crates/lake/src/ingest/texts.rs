// SPDX-License-Identifier: Apache-2.0
//! A column of texts that repeat, while rows are gathered: each text stands once, and a row has
//! its number.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::{ArrayBuilder, Int32Builder, StringBuilder};
use arrow_array::{Array, ArrayRef, DictionaryArray};
use foldhash::fast::FixedState;

/// The column.
pub(super) struct Texts {
    keys: Int32Builder,
    values: StringBuilder,
    numbers: HashMap<Box<str>, i32, FixedState>,
    /// The text that was asked for last.
    last: usize,
    /// Which text came after each: payloads of a kind repeat their names in the same order.
    followers: Vec<i32>,
}

impl Default for Texts {
    fn default() -> Self {
        Self {
            // Without room: a batch of one row must not take that of a thousand.
            keys: Int32Builder::with_capacity(0),
            values: StringBuilder::with_capacity(0, 0),
            numbers: HashMap::default(),
            last: 0,
            followers: Vec::new(),
        }
    }
}

impl Texts {
    /// The number of a text.
    pub fn number(&mut self, text: &str) -> i32 {
        let last = i32::try_from(self.last).unwrap_or(i32::MAX);
        let follower = self.followers.get(self.last).copied().unwrap_or_default();
        let number = if self.is(last, text) {
            return last;
        } else if self.is(follower, text) {
            follower
        } else {
            self.look_up(text)
        };
        if let Some(follower) = self.followers.get_mut(self.last) {
            *follower = number;
        }
        self.last = number as usize;
        number
    }

    fn is(&self, number: i32, text: &str) -> bool {
        let bounds = self.values.offsets_slice();
        let bounds = bounds.get(number as usize..).unwrap_or_default();
        let [start, end, ..] = bounds else {
            return false;
        };
        self.values.values_slice()[*start as usize..*end as usize] == *text.as_bytes()
    }

    fn look_up(&mut self, text: &str) -> i32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.new_number(text);
        self.numbers.insert(text.into(), number);
        number
    }

    /// A number for a text that is known to be new, or not worth looking for.
    pub fn new_number(&mut self, text: &str) -> i32 {
        // A batch holds a few megabytes of rows: far below what a number can be.
        let number = i32::try_from(self.values.len()).unwrap_or(i32::MAX);
        self.values.append_value(text);
        self.followers.push(0);
        number
    }

    /// Appends a row of a text with this number.
    pub fn push(&mut self, number: i32) {
        self.keys.append_value(number);
    }

    /// Appends a row.
    pub fn append(&mut self, text: Option<&str>) {
        match text {
            Some(text) => {
                let number = self.number(text);
                self.push(number);
            }
            None => self.keys.append_null(),
        }
    }

    /// Appends rows without a text.
    pub fn push_null(&mut self) {
        self.keys.append_null();
    }

    /// The column so far; nothing is left.
    pub fn finish(&mut self) -> ArrayRef {
        (self.numbers, self.last) = (HashMap::default(), 0);
        self.followers.clear();
        let (keys, values) = (self.keys.finish(), self.values.finish());
        let values = Arc::new(values);
        if values.is_empty() {
            // Rows that all lack a text: a dictionary needs an entry to be joined with others.
            let values = Arc::new(arrow_array::StringArray::from(vec![""]));
            return Arc::new(DictionaryArray::new(keys, values));
        }
        Arc::new(DictionaryArray::new(keys, values))
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::StringArray;
    use arrow_array::types::Int32Type;

    use super::*;

    #[test]
    fn each_text_stands_once() {
        let mut texts = Texts::default();
        for text in [Some("a"), None, Some("b"), Some("a"), Some("a")] {
            texts.append(text);
        }
        let number = texts.new_number("c");
        texts.push(number);
        let column = texts.finish();
        let column = column.as_any().downcast_ref::<DictionaryArray<Int32Type>>();
        let column = column.expect("a dictionary");
        assert_eq!(column.values().len(), 3);
        let found: Vec<_> = column
            .downcast_dict::<StringArray>()
            .expect("texts")
            .into_iter()
            .collect();
        assert_eq!(
            found,
            [Some("a"), None, Some("b"), Some("a"), Some("a"), Some("c")]
        );
        assert_eq!(texts.finish().len(), 0);
    }
}
