// SPDX-License-Identifier: Apache-2.0
//! Sharing, forgetting and the bound of the decision memory.

use std::sync::atomic::AtomicBool;

use hw_kernel::Principal;
use hw_kernel::admission::{AttachedThing, PrincipalId};
use hw_policy::{Document, Named, PolicySet};

use super::*;

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:*:*:topic/m/*"},
    {"Effect":"Deny","Action":"iot:*","Resource":"arn:aws:iot:*:000000000001:topic/m/secret"}]}"#;

const VARIABLE: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
    "Action":"iot:Publish","Resource":"arn:aws:iot:*:*:topic/${iot:Connection.Thing.ThingName}"}}"#;

fn auth(account: AccountId, policy: &str, client_id: &str) -> Auth {
    let document = Arc::new(Document::parse(policy).expect("a policy"));
    let named = Named {
        name: "meter".into(),
        version: Some("1".into()),
        document,
    };
    let thing = AttachedThing {
        name: "t1".into(),
        ..AttachedThing::default()
    };
    let principal = Principal {
        account,
        id: PrincipalId::Anonymous,
        policies: Arc::new(PolicySet::new(vec![named])),
        things: vec![thing],
        certificate: None,
        region: "eu".into(),
        stale: AtomicBool::new(false),
    };
    let peer = std::net::IpAddr::from([127, 0, 0, 1]);
    Auth::new(Arc::new(principal), client_id.into(), peer, None)
}

#[test]
fn equal_policies_share_but_not_over_accounts() {
    let mut decisions = Decisions::new(1 << 20);
    let mut first = auth(AccountId::FIRST, POLICY, "a");
    assert!(
        !decisions.decide_topic(&first, Action::Publish, "m/1"),
        "not before it is resolved"
    );
    decisions.resolve(&mut first);
    let (mut second, mut other) = (
        auth(AccountId::FIRST, POLICY, "b"),
        auth(AccountId::MAX, POLICY, "a"),
    );
    decisions.resolve(&mut second);
    decisions.resolve(&mut other);
    assert_eq!(decisions.places.len(), 2);
    for _ in 0..2 {
        assert!(decisions.decide_topic(&second, Action::Publish, "m/1"));
        assert!(!decisions.decide_topic(&second, Action::Receive, "m/1"));
        assert!(!decisions.decide_topic(&first, Action::Publish, "m/secret"));
        assert!(decisions.decide_topic(&other, Action::Publish, "m/secret"));
    }
    let why = decisions.explain(&first, Action::Publish, "m/secret");
    assert!(
        why.contains("policy meter version 1 statement 1 denies"),
        "{why}"
    );
    drop((first, second, other));
    decisions.let_go();
    assert_eq!((decisions.places.len(), decisions.bytes), (0, 0));
}

#[test]
fn variables_make_different_sets() {
    let mut decisions = Decisions::new(1 << 20);
    let (mut thing, mut stranger) = (
        auth(AccountId::FIRST, VARIABLE, "t1"),
        auth(AccountId::FIRST, VARIABLE, "x"),
    );
    decisions.resolve(&mut thing);
    decisions.resolve(&mut stranger);
    assert!(decisions.decide_topic(&thing, Action::Publish, "t1"));
    assert!(!decisions.decide_topic(&stranger, Action::Publish, "t1"));
    let why = decisions.explain(&stranger, Action::Publish, "t1");
    assert!(why.contains("client id is not the name"), "{why}");
}

#[test]
fn memory_is_bounded() {
    let mut decisions = Decisions::new(10_000);
    let mut auth = auth(AccountId::FIRST, POLICY, "a");
    decisions.resolve(&mut auth);
    for n in 0..1_000 {
        assert!(decisions.decide_topic(&auth, Action::Publish, &format!("m/{n}")));
        assert!(decisions.bytes <= 10_000);
    }
    assert!(decisions.emptied() > 5);
}

#[test]
fn policies_of_a_things_groups_count_for_its_connections() {
    let named = |name: &str| {
        let of_one = auth(AccountId::FIRST, POLICY, "");
        let mut named = of_one.principal.policies.policies()[0].clone();
        named.name = name.into();
        PolicySet::new(vec![named])
    };
    let mut decisions = Decisions::new(1 << 20);
    for (client_id, allowed) in [("t1", true), ("t2", false), ("other", false)] {
        let mut auth = auth(AccountId::FIRST, VARIABLE, client_id);
        let principal = Arc::get_mut(&mut auth.principal).expect("nobody else has it");
        principal.policies = Arc::default();
        principal.things[0].policies = named("of-group");
        principal.things.push(AttachedThing {
            name: "t2".into(),
            ..AttachedThing::default()
        });
        decisions.resolve(&mut auth);
        let found = decisions.decide_topic(&auth, Action::Publish, "m/1");
        assert_eq!(found, allowed, "{client_id}");
        let why = decisions.explain(&auth, Action::Publish, "m/1");
        assert_eq!(why.contains("policy of-group"), allowed, "{why}");
    }
}
