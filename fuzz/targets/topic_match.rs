// SPDX-License-Identifier: Apache-2.0
//! The subscription tree and single matches against a naive oracle.
//!
//! A line is a command: `i` insert, `r` remove, `m` match, `s` keep this version of the tree; then
//! the subscriber's digit, then the filter or topic.
#![no_main]

use hw_fuzz::naive;
use hw_model::topic;
use hw_model::tree::Tree;
use libfuzzer_sys::fuzz_target;

const LINES_MAX: usize = 200;

/// A tree, and the pairs it should hold.
#[derive(Clone, Default)]
struct Both {
    tree: Tree<u8>,
    pairs: Vec<(String, u8)>,
}

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let mut now = Both::default();
    let (mut kept, mut asked) = (Vec::new(), Vec::new());
    for line in text.split('\n').take(LINES_MAX) {
        let mut letters = line.chars();
        let (Some(command), Some(digit)) = (letters.next(), letters.next()) else {
            continue;
        };
        let (subscriber, text) = (digit as u8 % 8, letters.as_str());
        let is_filter = naive::is_filter(text);
        assert_eq!(topic::check_filter(text).is_ok(), is_filter, "{text:?}");
        assert_eq!(
            topic::check_name(text).is_ok(),
            naive::is_name(text),
            "{text:?}"
        );
        match command {
            'i' if is_filter => now.insert(text, subscriber),
            'r' if is_filter => now.remove(text, subscriber),
            'm' if naive::is_name(text) => {
                now.check(text);
                asked.push(text.to_owned());
            }
            's' => kept.push(now.clone()),
            _ => {}
        }
    }
    kept.push(now);
    // A version that was kept is not touched by what came later.
    for version in kept.iter().take(8) {
        assert_eq!(version.tree.len(), version.pairs.len());
        asked.iter().take(20).for_each(|name| version.check(name));
    }
});

impl Both {
    fn insert(&mut self, filter: &str, subscriber: u8) {
        let pair = (filter.to_owned(), subscriber);
        let is_new = !self.pairs.contains(&pair);
        assert_eq!(self.tree.insert(filter, subscriber), is_new, "{filter}");
        if is_new {
            self.pairs.push(pair);
        }
    }

    fn remove(&mut self, filter: &str, subscriber: u8) {
        let before = self.pairs.len();
        self.pairs
            .retain(|(at, who)| (at.as_str(), *who) != (filter, subscriber));
        let was_there = self.pairs.len() < before;
        assert_eq!(self.tree.remove(filter, &subscriber), was_there, "{filter}");
        assert_eq!(self.tree.is_empty(), self.pairs.is_empty());
    }

    fn check(&self, name: &str) {
        let mut found = Vec::new();
        self.tree
            .matches(name, &mut |list| found.extend_from_slice(list));
        found.sort_unstable();
        let mut wanted = Vec::new();
        for (filter, subscriber) in &self.pairs {
            let matches = naive::filter_matches(filter, name);
            assert_eq!(topic::matches(filter, name), matches, "{filter} {name}");
            if matches {
                wanted.push(*subscriber);
            }
        }
        wanted.sort_unstable();
        assert_eq!(found, wanted, "{name}");
    }
}
