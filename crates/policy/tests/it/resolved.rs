// SPDX-License-Identifier: Apache-2.0
//! Random policies: the oracle, `evaluate` and a resolved set agree; fingerprints tell sets apart.

use hw_policy::{Action, Context, Effect, PolicySet, Request, evaluate};
use proptest::prelude::*;

use crate::random::{NAMES, context, policies};
use crate::{cases, oracle};

const ACTIONS: [(Action, &str); 4] = [
    (Action::Connect, "iot:Connect"),
    (Action::Publish, "iot:Publish"),
    (Action::RetainPublish, "iot:RetainPublish"),
    (Action::Receive, "iot:Receive"),
];

fn all_effects(set: &PolicySet, context: &Context) -> Vec<Effect> {
    let resolved = set.resolve(context);
    let each = |(action, _)| NAMES.map(|name| resolved.decide(action, "r:", &name[2..]));
    ACTIONS.into_iter().flat_map(each).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn all_ways_agree(policies in policies(), context_json in context()) {
        let context: Context = serde_json::from_value(context_json.clone()).unwrap();
        let set = cases::set(&policies);
        let resolved = set.resolve(&context);
        for (action, text) in ACTIONS {
            for name in NAMES {
                let expected = oracle::decide(&policies, text, name, &context_json);
                let request = Request { action: text, resource: name, context: &context };
                let decision = evaluate(&set, &request);
                prop_assert_eq!(decision.effect.as_str(), &expected, "{} {}", text, name);
                prop_assert_eq!(resolved.decide(action, "r:", &name[2..]).as_str(), &expected);
                let why = resolved.explain(action, "r:", &name[2..]);
                prop_assert_eq!(&why, &decision.why);
                prop_assert_eq!(why.statement.is_some(), expected != "IMPLICIT_DENY");
            }
        }
    }

    #[test]
    fn equal_fingerprints_decide_alike(policies in policies(), one in context(), two in context()) {
        let set = cases::set(&policies);
        let (one, two) = (serde_json::from_value(one).unwrap(), serde_json::from_value(two).unwrap());
        if set.resolve(&one).fingerprint() == set.resolve(&two).fingerprint() {
            prop_assert_eq!(all_effects(&set, &one), all_effects(&set, &two));
        }
    }

    #[test]
    fn order_does_not_matter(mut policies in policies(), context in context()) {
        let context: Context = serde_json::from_value(context).unwrap();
        let set = cases::set(&policies);
        policies.reverse();
        let reversed = cases::set(&policies);
        prop_assert_eq!(
            set.resolve(&context).fingerprint(), reversed.resolve(&context).fingerprint());
        prop_assert_eq!(all_effects(&set, &context), all_effects(&reversed, &context));
    }
}

#[test]
fn fingerprints_see_a_changed_resource_and_effect() {
    let print = |effect: &str, resource: &str| {
        let policy = serde_json::json!({"Version": "2012-10-17", "Statement":
            {"Effect": effect, "Action": "iot:Publish", "Resource": resource}});
        cases::set(&[policy])
            .resolve(&Context::default())
            .fingerprint()
    };
    assert_eq!(print("Allow", "a:b"), print("Allow", "a:b"));
    assert_ne!(print("Allow", "a:b"), print("Allow", "a:c"));
    assert_ne!(print("Allow", "a:b"), print("Deny", "a:b"));
    assert_ne!(print("Allow", "a:?"), print("Allow", "a:${?}"));
    assert_ne!(print("Allow", "?"), print("Allow", "${?}"));
    // Pinned: whoever keeps fingerprints between runs must hear of a change.
    assert_eq!(
        format!("{:032x}", print("Allow", "*")),
        "fddd773a96b102a37f641c3d70ff8c31"
    );
}

#[test]
fn resolved_sets_cross_threads() {
    fn crosses<T: std::fmt::Debug + Send + Sync + 'static>() {}
    crosses::<PolicySet>();
    crosses::<hw_policy::Resolved>();
}
