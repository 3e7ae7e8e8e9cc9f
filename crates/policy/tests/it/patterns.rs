// SPDX-License-Identifier: Apache-2.0
//! Resource patterns against the obvious recursive matcher.

use hw_policy::{Action, Context, Effect};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::cases::set;
use crate::oracle;

fn allow(resource: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement":
        {"Effect": "Allow", "Action": "iot:Publish", "Resource": format!(":{resource}")}})
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn match_as_the_oracle_says(
        pattern in "[ab/?*é]{0,10}",
        text in "[ab/é]{0,12}",
        cut in 0usize..14,
    ) {
        let resolved = set(&[allow(&pattern)]).resolve(&Context::default());
        let text = format!(":{text}");
        let cut = (0..=cut.min(text.len())).rev().find(|cut| text.is_char_boundary(*cut)).unwrap();
        let (head, tail) = text.split_at(cut);
        let signs = oracle::signs(&format!(":{pattern}"), &Value::Null, true);
        let expected = oracle::matches(&signs, &oracle::chars(&text));
        prop_assert_eq!(resolved.decide(Action::Publish, head, tail) == Effect::Allowed, expected);
    }

    #[test]
    fn a_substituted_value_stands_for_itself(
        id in "[a*?$+#/{}é]{1,6}",
        other in "[a*?$+#/{}é]{0,6}",
    ) {
        let context = Context { client_id: Some(id.clone()), ..Context::default() };
        let resolved = set(&[allow("x/${iot:ClientId}/y")]).resolve(&context);
        let same = resolved.decide(Action::Publish, ":x/", &format!("{id}/y"));
        prop_assert_eq!(same, Effect::Allowed);
        let effect = resolved.decide(Action::Publish, ":x/", &format!("{other}/y"));
        prop_assert_eq!(effect == Effect::Allowed, other == id);
    }
}
