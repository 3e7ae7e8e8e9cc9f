// SPDX-License-Identifier: Apache-2.0
//! The subscription tree: a persistent value, one per account.
//!
//! Exact filters are a hash look-up beside the wildcard tree. An insert copies only the path it
//! changes (a copy of one big map is quadratic when ten thousand devices connect at once), so a
//! writer makes a new version and readers keep the one they hold: they never wait.

use std::sync::Arc;

use archery::ArcTK;
use rpds::HashTrieMap;

use crate::topic;

type Map<V> = HashTrieMap<Arc<str>, V, ArcTK, foldhash::fast::RandomState>;

/// Subscribers by topic filter. `clone` is cheap and gives a version that no later change touches.
///
/// `T` tells subscribers apart by `==`; inserting an equal one again replaces it.
#[derive(Clone)]
pub struct Tree<T> {
    exact: Map<Arc<[T]>>,
    wild: Node<T>,
    filters: usize,
}

#[derive(Clone)]
struct Node<T> {
    children: Map<Arc<Node<T>>>,
    plus: Option<Arc<Node<T>>>,
    /// Subscribers of the filter that ends here.
    here: Arc<[T]>,
    /// Subscribers of the filter that ends here with `/#` behind it.
    rest: Arc<[T]>,
}

impl<T> Node<T> {
    fn empty() -> Self {
        let children = HashTrieMap::new_with_hasher_and_ptr_kind(Default::default());
        Self {
            children,
            plus: None,
            here: Arc::new([]),
            rest: Arc::new([]),
        }
    }

    fn is_bare(&self) -> bool {
        self.children.is_empty()
            && self.plus.is_none()
            && self.here.is_empty()
            && self.rest.is_empty()
    }
}

impl<T> Default for Tree<T> {
    fn default() -> Self {
        let exact = HashTrieMap::new_with_hasher_and_ptr_kind(Default::default());
        Self {
            exact,
            wild: Node::empty(),
            filters: 0,
        }
    }
}

impl<T: Clone + PartialEq> Tree<T> {
    /// How many (filter, subscriber) pairs it holds.
    pub fn len(&self) -> usize {
        self.filters
    }

    /// Whether nobody subscribes to anything.
    pub fn is_empty(&self) -> bool {
        self.filters == 0
    }

    /// Adds a subscriber to a valid filter; an equal one there is replaced. Says whether it is new.
    pub fn insert(&mut self, filter: &str, subscriber: T) -> bool {
        let mut fresh = true;
        let mut change = |list: &[T]| {
            let mut list = list.to_vec();
            match list.iter_mut().find(|one| **one == subscriber) {
                Some(old) => (*old, fresh) = (subscriber.clone(), false),
                None => list.push(subscriber.clone()),
            }
            list.into()
        };
        if topic::is_wild(filter) {
            edit(&mut self.wild, filter, &mut change);
        } else {
            let list = change(self.exact.get(filter).map_or(&[], |list| list));
            self.exact.insert_mut(filter.into(), list);
        }
        self.filters += usize::from(fresh);
        fresh
    }

    /// Takes a subscriber off a filter. Says whether it was there.
    pub fn remove(&mut self, filter: &str, subscriber: &T) -> bool {
        let mut found = false;
        let mut change = |list: &[T]| {
            found |= list.contains(subscriber);
            list.iter()
                .filter(|one| *one != subscriber)
                .cloned()
                .collect()
        };
        if topic::is_wild(filter) {
            edit(&mut self.wild, filter, &mut change);
        } else if let Some(list) = self.exact.get(filter) {
            let list: Arc<[T]> = change(list);
            if list.is_empty() {
                self.exact.remove_mut(filter);
            } else {
                self.exact.insert_mut(filter.into(), list);
            }
        }
        self.filters -= usize::from(found);
        found
    }

    /// Calls `found` with each list of subscribers whose filter matches the valid topic name.
    /// A subscriber with several matching filters comes once for each.
    pub fn matches<'a>(&'a self, topic: &str, found: &mut dyn FnMut(&'a [T])) {
        if let Some(list) = self.exact.get(topic) {
            found(list);
        }
        if self.wild.is_bare() {
            return;
        }
        if topic.starts_with('$') {
            // MQTT-4.7.2-1: a leading wildcard never matches a topic that begins with `$`.
            let (level, rest) = split(&topic[..level_len(topic)], topic);
            if let Some(child) = self.wild.children.get(level) {
                walk(child, rest, found);
            }
        } else {
            walk(&self.wild, Some(topic), found);
        }
    }
}

fn level_len(text: &str) -> usize {
    text.find('/').unwrap_or(text.len())
}

fn split<'t>(level: &'t str, topic: &'t str) -> (&'t str, Option<&'t str>) {
    (level, topic.get(level.len() + 1..))
}

/// Depth is bounded by [`topic::TOPIC_LEVELS_MAX`], which every filter passed.
fn walk<'a, T>(node: &'a Node<T>, topic: Option<&str>, found: &mut dyn FnMut(&'a [T])) {
    if !node.rest.is_empty() {
        found(&node.rest);
    }
    let Some(topic) = topic else {
        if !node.here.is_empty() {
            found(&node.here);
        }
        return;
    };
    let (level, rest) = split(&topic[..level_len(topic)], topic);
    if let Some(child) = node.children.get(level) {
        walk(child, rest, found);
    }
    if let Some(plus) = &node.plus {
        walk(plus, rest, found);
    }
}

fn edit<T: Clone>(node: &mut Node<T>, filter: &str, change: &mut dyn FnMut(&[T]) -> Arc<[T]>) {
    if filter == "#" {
        node.rest = change(&node.rest);
        return;
    }
    let (level, rest) = split(&filter[..level_len(filter)], filter);
    let old = if level == "+" {
        node.plus.as_ref()
    } else {
        node.children.get(level)
    };
    let mut child = old.map_or_else(Node::empty, |old| Node::clone(old));
    match rest {
        Some(rest) => edit(&mut child, rest, change),
        None => child.here = change(&child.here),
    }
    let kept = (!child.is_bare()).then(|| Arc::new(child));
    match (level, kept) {
        ("+", kept) => node.plus = kept,
        (level, Some(kept)) => node.children.insert_mut(level.into(), kept),
        (level, None) => {
            node.children.remove_mut(level);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hits(tree: &Tree<u32>, topic: &str) -> Vec<u32> {
        let mut hits = Vec::new();
        tree.matches(topic, &mut |list| hits.extend_from_slice(list));
        hits.sort_unstable();
        hits
    }

    #[test]
    fn replaced_not_doubled_and_gone_when_removed() {
        let mut tree = Tree::default();
        assert!(tree.insert("a/+", 1) && !tree.insert("a/+", 1) && tree.insert("a/b", 1));
        let before = tree.clone();
        assert_eq!(hits(&tree, "a/b"), [1, 1]);
        assert!(tree.remove("a/+", &1) && !tree.remove("a/+", &1) && tree.remove("a/b", &1));
        assert!(tree.is_empty() && tree.wild.is_bare());
        assert_eq!(
            hits(&before, "a/b"),
            [1, 1],
            "an older version is untouched"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn agrees_with_the_naive_oracle(
            filters in proptest::collection::vec("([ab$]|\\+|)(/([ab]|\\+|)){0,3}(/#)?", 0..12),
            topics in proptest::collection::vec("[ab$]?(/[ab]?){0,4}", 1..8),
            removed in proptest::collection::vec(any::<bool>(), 12),
        ) {
            let mut tree = Tree::default();
            let mut kept = Vec::new();
            for (n, filter) in filters.iter().enumerate().filter(|(_, f)| topic::check_filter(f).is_ok()) {
                tree.insert(filter, n as u32);
                if removed[n] { tree.remove(filter, &(n as u32)); } else { kept.push((filter, n as u32)); }
            }
            prop_assert_eq!(tree.len(), kept.len());
            for name in topics.iter().filter(|t| topic::check_name(t).is_ok()) {
                let wanted: Vec<u32> = kept.iter().filter(|(f, _)| topic::matches(f, name)).map(|k| k.1).collect();
                prop_assert_eq!(hits(&tree, name), wanted);
            }
        }
    }
}
