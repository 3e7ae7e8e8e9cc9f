// SPDX-License-Identifier: Apache-2.0
//! Retained messages by the levels of their topics: what a filter matches is found without looking
//! at what it can't match.

use std::collections::HashMap;
use std::sync::Arc;

use hw_session::Retained;

type Map<V> = HashMap<Box<str>, V, foldhash::fast::RandomState>;

/// One account's.
#[derive(Default)]
pub struct Tree {
    root: Node,
    /// What they take in memory; counted by who puts in and takes out.
    pub bytes: u64,
}

#[derive(Default)]
struct Node {
    children: Map<Node>,
    entry: Option<Entry>,
}

struct Entry {
    number: u64,
    /// `None`: nothing is retained any more; kept until all is restored.
    message: Option<Arc<Retained>>,
}

impl Node {
    fn is_bare(&self) -> bool {
        self.children.is_empty() && self.entry.is_none()
    }
}

impl Tree {
    /// The number that holds for a topic.
    pub fn number(&self, topic: &str) -> Option<u64> {
        self.entry(topic).map(|entry| entry.number)
    }

    /// What is retained for a topic.
    pub fn message(&self, topic: &str) -> Option<&Arc<Retained>> {
        self.entry(topic)?.message.as_ref()
    }

    fn entry(&self, topic: &str) -> Option<&Entry> {
        let mut node = &self.root;
        for level in topic.split('/') {
            node = node.children.get(level)?;
        }
        node.entry.as_ref()
    }

    /// Puts one in; gives the one before.
    pub fn insert(&mut self, number: u64, message: Arc<Retained>) -> Option<Arc<Retained>> {
        let mut node = &mut self.root;
        for level in message.topic.split('/') {
            // Levels that are there, as most are, are not copied.
            if !node.children.contains_key(level) {
                node.children.insert(level.into(), Node::default());
            }
            node = node.children.get_mut(level)?;
        }
        let entry = Entry {
            number,
            message: Some(message.clone()),
        };
        node.entry.replace(entry).and_then(|old| old.message)
    }

    /// Takes one out and remembers the number with which it went: one with a lower number may still
    /// come.
    pub fn bury(&mut self, topic: &str, number: u64) -> Option<Arc<Retained>> {
        let mut node = &mut self.root;
        for level in topic.split('/') {
            node = node.children.entry(level.into()).or_default();
        }
        let entry = Entry {
            number,
            message: None,
        };
        node.entry.replace(entry).and_then(|old| old.message)
    }

    /// Takes one out.
    pub fn remove(&mut self, topic: &str) -> Option<Arc<Retained>> {
        remove(&mut self.root, topic)
    }

    /// Forgets what only says that something went.
    pub fn forget_tombs(&mut self) {
        forget_tombs(&mut self.root);
    }

    /// Calls `found` with each whose topic the filter matches.
    pub fn matches(&self, filter: &str, found: &mut dyn FnMut(&Arc<Retained>)) {
        // MQTT-4.7.2-1: a leading wildcard matches no topic that begins with `$`.
        walk(&self.root, Some(filter), true, found);
    }

    /// Calls `found` with each.
    pub fn each(&self, found: &mut dyn FnMut(u64, &Arc<Retained>)) {
        each(&self.root, found);
    }
}

/// Depth is bounded by [`hw_model::topic::TOPIC_LEVELS_MAX`], which every topic and filter passed.
fn walk(node: &Node, filter: Option<&str>, top: bool, found: &mut dyn FnMut(&Arc<Retained>)) {
    let Some(filter) = filter else {
        if let Some(message) = node.entry.as_ref().and_then(|it| it.message.as_ref()) {
            found(message);
        }
        return;
    };
    let (level, rest) = match filter.split_once('/') {
        Some((level, rest)) => (level, Some(rest)),
        None => (filter, None),
    };
    let hidden = |name: &str| top && name.starts_with('$');
    match level {
        "#" => {
            // `a/#` matches `a` too.
            if !top {
                walk(node, None, false, found);
            }
            for (name, child) in &node.children {
                if !hidden(name) {
                    walk(child, Some("#"), false, found);
                }
            }
        }
        "+" => {
            for (name, child) in &node.children {
                if !hidden(name) {
                    walk(child, rest, false, found);
                }
            }
        }
        name => {
            if let Some(child) = node.children.get(name) {
                walk(child, rest, false, found);
            }
        }
    }
}

fn remove(node: &mut Node, topic: &str) -> Option<Arc<Retained>> {
    let (level, rest) = match topic.split_once('/') {
        Some((level, rest)) => (level, Some(rest)),
        None => (topic, None),
    };
    let child = node.children.get_mut(level)?;
    let old = match rest {
        Some(rest) => remove(child, rest),
        None => child.entry.take().and_then(|entry| entry.message),
    };
    if child.is_bare() {
        node.children.remove(level);
    }
    old
}

fn forget_tombs(node: &mut Node) {
    node.children.retain(|_, child| {
        forget_tombs(child);
        if child.entry.as_ref().is_some_and(|it| it.message.is_none()) {
            child.entry = None;
        }
        !child.is_bare()
    });
}

fn each(node: &Node, found: &mut dyn FnMut(u64, &Arc<Retained>)) {
    if let Some(Entry {
        number,
        message: Some(message),
    }) = &node.entry
    {
        found(*number, message);
    }
    node.children.values().for_each(|child| each(child, found));
}

#[cfg(test)]
mod tests {
    use super::*;
    use hw_model::{Timestamp, TraceId, topic, trace::Producer};
    use proptest::prelude::*;

    fn retained(topic: &str) -> Arc<Retained> {
        Arc::new(Retained {
            topic: topic.into(),
            payload: Box::new([1]),
            properties: Box::new([]),
            qos: 0,
            trace: TraceId {
                producer: Producer { epoch: 1, shard: 0 },
                sequence: 1,
            },
            since: Timestamp(0),
            replaced: Default::default(),
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn agrees_with_the_naive_oracle(
            topics in proptest::collection::btree_set("[ab$]?(/[ab]?){0,4}", 0..12),
            removed in proptest::collection::vec(any::<bool>(), 12),
            filters in proptest::collection::vec("([ab$]|\\+|)(/([ab]|\\+|)){0,3}(/#)?|#", 1..8),
        ) {
            let (mut tree, mut kept) = (Tree::default(), Vec::new());
            let good = topics.iter().filter(|it| topic::check_name(it).is_ok());
            for (at, name) in good.enumerate() {
                tree.insert(at as u64, retained(name));
                if removed[at] {
                    prop_assert!(tree.remove(name).is_some());
                } else {
                    kept.push(name.as_str());
                }
            }
            for filter in filters.iter().filter(|it| topic::check_filter(it).is_ok()) {
                let mut found = Vec::new();
                tree.matches(filter, &mut |it| found.push(it.topic.to_string()));
                found.sort();
                let wanted: Vec<_> = kept.iter().filter(|it| topic::matches(filter, it)).collect();
                prop_assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), wanted.into_iter().copied().collect::<Vec<_>>());
            }
            kept.iter().for_each(|name| { tree.remove(name); });
            prop_assert!(tree.root.is_bare());
        }
    }
}
