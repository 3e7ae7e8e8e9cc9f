// SPDX-License-Identifier: Apache-2.0
//! Payloads to metrics: any bytes, against serde_json. The lake's source is taken in by path, so
//! that its tables and files need not be built with sanitizers.
#![no_main]

#[allow(
    dead_code,
    unused_imports,
    reason = "the lake uses more of it than this target"
)]
#[path = "../../crates/lake/src/flatten/mod.rs"]
mod flatten;

use flatten::{BARE_METRIC, DEPTH_MAX, LEAVES_MAX, Leaf, Leaves, METRIC_BYTES_MAX, Payload};
use hw_fuzz::json_leaves::{self, RefLeaf, RefValue};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut leaves = Leaves::default();
    // What was there before must not show.
    assert_eq!(
        flatten::flatten(br#"{"old":["x",{"y":1e999}]}"#, &mut leaves),
        Payload::Json
    );
    let payload = flatten::flatten(data, &mut leaves);
    limits(&leaves);
    match (payload, json_leaves::leaves(data)) {
        (Payload::Json, Ok(wanted)) => same(&leaves, &wanted),
        (Payload::Json, Err(error)) => only_stricter(&error.to_string()),
        (Payload::Broken(_) | Payload::Other, Ok(_)) => panic!("it is JSON: {payload:?}"),
        (Payload::Broken(broken), Err(_)) => {
            assert!(leaves.is_empty() && !broken.to_string().is_empty());
        }
        (Payload::Other, Err(_)) => assert!(leaves.is_empty()),
    }
});

fn limits(leaves: &Leaves) {
    assert!(leaves.len() <= LEAVES_MAX && leaves.iter().count() == leaves.len());
    for leaf in leaves.iter() {
        assert!(leaf.metric.len() <= METRIC_BYTES_MAX);
        assert!(leaf.value.is_some() || leaf.text.is_some());
        assert!(leaf.value.is_none_or(f64::is_finite));
    }
}

/// What serde_json refuses and we take: depth, doubles that are too large, halves of surrogates.
fn only_stricter(error: &str) {
    let known = [
        "recursion limit",
        "number out of range",
        "surrogate",
        "end of hex escape",
    ];
    assert!(known.iter().any(|known| error.contains(known)), "{error}");
}

fn same(leaves: &Leaves, wanted: &[RefLeaf]) {
    let (mut deep, mut named, mut many, mut at) = (0, 0, 0, 0);
    let found: Vec<Leaf<'_>> = leaves.iter().collect();
    for leaf in wanted {
        let metric = if leaf.path.is_empty() {
            BARE_METRIC.into()
        } else {
            leaf.path.join(".")
        };
        if leaf.path.len() > DEPTH_MAX {
            deep += 1;
        } else if metric.len() > METRIC_BYTES_MAX {
            named += 1;
        } else if at >= LEAVES_MAX {
            many += 1;
        } else {
            equal(&found[at], &metric, &leaf.value);
            at += 1;
        }
    }
    assert_eq!(at, found.len());
    let cut = leaves.cut();
    assert_eq!((cut.deep, cut.named, cut.many), (deep, named, many));
}

fn equal(leaf: &Leaf<'_>, metric: &str, value: &RefValue) {
    assert_eq!(leaf.metric, metric);
    match value {
        RefValue::Text(text) => assert_eq!((leaf.value, leaf.text), (None, Some(text.as_str()))),
        RefValue::Number(number, is_inexact) => {
            assert_eq!(leaf.value, Some(*number), "{metric}");
            assert!(
                leaf.text.is_some() || !is_inexact,
                "{metric} needs its digits"
            );
            if let Some(digits) = leaf.text {
                assert_eq!(digits.parse(), Ok(*number), "{digits}");
            }
        }
    }
}
