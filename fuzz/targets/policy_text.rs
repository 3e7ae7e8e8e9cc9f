// SPDX-License-Identifier: Apache-2.0
//! Arbitrary text as a policy document: it is refused with words, or every question to it is
//! answered, the same way each time.
#![no_main]

use std::sync::Arc;

use hw_policy::{
    Action, Ahead, Certificate, Context, DOCUMENT_CHARACTERS_MAX, Document, Effect, Named,
    PolicyError, PolicySet, Request, Thing, evaluate,
};
use libfuzzer_sys::fuzz_target;

const PREFIX: &str = "arn:aws:iot:eu-central-1:000000000001:topic/";
const TOPIC: &str = "meters/m1/data";

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let document = match (Document::parse(&text), Document::parse_large(&text)) {
        (Ok(document), Ok(_)) => document,
        (Err(PolicyError::TooLong { found, max }), Ok(document)) => {
            assert!(found > max && max == DOCUMENT_CHARACTERS_MAX);
            document
        }
        (Err(error), Err(_)) => return assert!(!error.to_string().is_empty()),
        (Ok(_), Err(error)) => panic!("only the larger limit refuses it: {error}"),
        (Err(error), Ok(_)) => panic!("only the smaller limit refuses it: {error}"),
    };
    assert!(document.statement_count() > 0);
    let named = Named {
        name: "p".into(),
        version: None,
        document: Arc::new(document),
    };
    let set = PolicySet::new(vec![named]);
    for context in [Context::default(), device()] {
        ask(&set, &context);
    }
});

fn device() -> Context {
    let fields = [
        ("Subject.CommonName", vec!["m1", "m2"]),
        ("SerialNumber", vec!["0A"]),
    ];
    let fields = fields
        .into_iter()
        .map(|(name, values)| (name.into(), values.into_iter().map(String::from).collect()));
    Context {
        client_id: Some("m1".into()),
        thing: Some(Thing {
            thing_name: "m1".into(),
            attached: true,
            thing_type_name: Some("meter".into()),
            attributes: [("city".into(), "Athens".into())].into(),
            ..Thing::default()
        }),
        certificate: Some(Certificate {
            certificate_id: Some("ab".repeat(32)),
            fields: fields.collect(),
        }),
        source_ip: Some("192.0.2.7".into()),
        connect_attributes: vec!["LastWill".into()],
        last_will_topic: Some(format!("{PREFIX}lost/m1")),
        domain_name: Some("localhost".into()),
        ..Context::default()
    }
}

fn ask(set: &PolicySet, context: &Context) {
    let resolved = set.resolve(context);
    assert_eq!(resolved.fingerprint(), set.resolve(context).fingerprint());
    for action in Action::ALL {
        let effect = resolved.decide(action, PREFIX, TOPIC);
        assert_eq!(
            resolved.decide_named(action.as_str(), PREFIX, TOPIC),
            effect
        );
        let resource = format!("{PREFIX}{TOPIC}");
        let request = Request {
            action: action.as_str(),
            resource: &resource,
            context,
        };
        let decision = evaluate(set, &request);
        assert_eq!(decision.effect, effect);
        assert_eq!(
            decision.why.statement.is_some(),
            effect != Effect::ImplicitDeny
        );
        let words = decision.why.to_string();
        assert!(!words.is_empty() && words.chars().count() <= 2_001);
        assert!(effect != Effect::Allowed || !resolved.allows_nothing());
    }
    let receive = resolved.decide(Action::Receive, PREFIX, TOPIC);
    for filter in [TOPIC, "meters/+/data", "meters/#", "#"] {
        for ahead in [
            resolved.receive_over_filter(PREFIX, filter),
            resolved.receive_below_filter(PREFIX, filter),
        ] {
            match ahead {
                Ahead::Always => assert_eq!(receive, Effect::Allowed, "{filter}"),
                Ahead::Never => assert_ne!(receive, Effect::Allowed, "{filter}"),
                Ahead::PerTopic => {}
            }
        }
    }
}
