// SPDX-License-Identifier: Apache-2.0
//! Decisions ahead against every topic over a small alphabet.

use hw_policy::{Action, Ahead, Context, Effect};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::cases::set;

/// All texts over `a`, `b`, `/` of one to five characters.
fn topics() -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut last = vec![String::new()];
    for _ in 0..5 {
        last = last
            .iter()
            .flat_map(|t| ["a", "b", "/"].map(|c| format!("{t}{c}")))
            .collect();
        all.extend(last.iter().cloned());
    }
    all
}

/// MQTT matching, level by level; `a/#` matches `a`.
fn matches(filter: &str, topic: &str) -> bool {
    let mut levels = topic.split('/');
    for want in filter.split('/') {
        match (want, levels.next()) {
            ("#", _) => return true,
            ("+", Some(_)) => {}
            (want, Some(level)) if want == level => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}

fn statement(deny: bool, not: bool, resources: Vec<String>) -> Value {
    let resources: Vec<String> = resources.iter().map(|r| format!("r:{r}")).collect();
    let name = if not { "NotResource" } else { "Resource" };
    json!({"Effect": if deny { "Deny" } else { "Allow" }, "Action": "iot:Receive", name: resources})
}

fn filter() -> impl Strategy<Value = String> {
    let level = prop::sample::select(&["a", "b", "+", "ab", ""][..]);
    (prop::collection::vec(level, 1..4), any::<bool>())
        .prop_map(|(levels, rest)| levels.join("/") + if rest { "/#" } else { "" })
        .prop_filter("a filter has a character", |filter| !filter.is_empty())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_said_of_all_holds_for_each(
        statements in prop::collection::vec(
            (prop::bool::weighted(0.3), prop::bool::weighted(0.2),
             prop::collection::vec("[ab/*?]{1,5}", 1..3)), 1..4),
        filter in filter(),
    ) {
        let statements: Vec<Value> =
            statements.into_iter().map(|(deny, not, r)| statement(deny, not, r)).collect();
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        let resolved = set(&[policy]).resolve(&Context::default());
        let ahead = resolved.receive_over_filter("r:", &filter);
        let below = resolved.receive_below_filter("r:", &filter);
        for topic in topics().iter().filter(|topic| matches(&filter, topic)) {
            let allowed = resolved.decide(Action::Receive, "r:", topic) == Effect::Allowed;
            prop_assert!(ahead != Ahead::Always || allowed, "{} under {}", topic, filter);
            prop_assert!(ahead != Ahead::Never || !allowed, "{} under {}", topic, filter);
            if filter.strip_suffix("/#") != Some(topic) {
                prop_assert!(below != Ahead::Always || allowed, "{} below {}", topic, filter);
                prop_assert!(below != Ahead::Never || !allowed, "{} below {}", topic, filter);
            }
        }
    }
}

#[test]
fn the_common_policies_are_decided_ahead() {
    use Ahead::{Always, Never, PerTopic};
    let allow = |r: &str| statement(false, false, vec![r.into()]);
    let deny = |r: &str| statement(true, false, vec![r.into()]);
    let table = [
        (vec![allow("*")], "a/#", Always),
        (vec![allow("*")], "#", Always),
        (vec![allow("a/*")], "a/+/c", Always),
        (vec![allow("a/*")], "a/b", Always),
        (vec![allow("a/*")], "a/#", PerTopic),
        (vec![allow("a*")], "a/#", Always),
        (vec![allow("a/*")], "+/b", PerTopic),
        (vec![allow("a/*")], "b/#", Never),
        (vec![allow("a/*/z")], "a/+/z", Always),
        (vec![allow("a/?/z")], "a/+/z", PerTopic),
        (vec![allow("a/b")], "a/b", Always),
        (vec![allow("a/b")], "a/+", PerTopic),
        (vec![allow("*"), deny("secret/*")], "open/#", Always),
        (vec![allow("*"), deny("secret/*")], "#", PerTopic),
        (vec![allow("*"), deny("secret/*")], "secret/+", Never),
        (vec![allow("*"), deny("*/secret")], "open/+/x", Always),
        (vec![allow("*"), deny("*/secret")], "open/+", PerTopic),
        (
            vec![statement(false, true, vec!["a/*".into()])],
            "b/#",
            Always,
        ),
        (
            vec![statement(false, true, vec!["a/*".into()])],
            "a/+",
            Never,
        ),
        (
            vec![allow("*"), statement(true, true, vec!["a/*".into()])],
            "a/+",
            Always,
        ),
        (vec![], "a", Never),
    ];
    for (statements, filter, expected) in table {
        let policies: Vec<Value> = statements
            .iter()
            .map(|s| json!({"Version": "2012-10-17", "Statement": s}))
            .collect();
        let resolved = set(&policies).resolve(&Context::default());
        assert_eq!(
            resolved.receive_over_filter("r:", filter),
            expected,
            "{policies:?} {filter}"
        );
    }
}

#[test]
fn below_a_filter_its_parent_does_not_count() {
    let policy = json!({"Version": "2012-10-17", "Statement":
        statement(false, false, vec!["a/*".into()])});
    let resolved = set(&[policy]).resolve(&Context::default());
    assert_eq!(resolved.receive_over_filter("r:", "a/#"), Ahead::PerTopic);
    assert_eq!(resolved.receive_below_filter("r:", "a/#"), Ahead::Always);
    assert_eq!(resolved.receive_below_filter("r:", "a"), Ahead::Never);
    // `a/+/#` matches many topics at its own level: they all count.
    assert_eq!(resolved.receive_below_filter("r:", "a/+/#"), Ahead::Always);
    assert_eq!(resolved.receive_below_filter("r:", "+/#"), Ahead::PerTopic);
}

#[test]
fn huge_filters_are_answered_quickly_and_safely() {
    let pattern = "a*".repeat(1_000);
    let policy =
        json!({"Version": "2012-10-17", "Statement": statement(false, false, vec![pattern])});
    let resolved = set(&[policy]).resolve(&Context::default());
    let filter = format!("a{}", "/+".repeat(30_000));
    assert_eq!(resolved.receive_over_filter("r:", &filter), Ahead::PerTopic);
}
