// SPDX-License-Identifier: Apache-2.0
//! Small policies against a naive oracle: single decisions, and what is decided ahead for a whole
//! subscription against the topics that it can match.
#![no_main]

use std::sync::Arc;

use hw_fuzz::{Pick, naive};
use hw_policy::{Action, Ahead, Context, Document, Effect, Named, PolicySet, Request, evaluate};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

const PREFIX: &str = "r:";
const CLIENT: &str = "${iot:ClientId}";
const ACTIONS: [&str; 10] = [
    "*",
    "iot:*",
    "iot:Receive",
    "iot:receive",
    "iot:Publish",
    "iot:?ublish",
    "iot:Re*e*",
    "*:Connect",
    "iot:*Publish",
    "iot:Other",
];
const ASKED: [Action; 4] = [
    Action::Connect,
    Action::Publish,
    Action::RetainPublish,
    Action::Receive,
];

/// A statement as the oracle reads it.
struct Statement {
    deny: bool,
    not_action: bool,
    actions: Vec<&'static str>,
    not_resource: bool,
    resources: Vec<String>,
}

fuzz_target!(|data: &[u8]| {
    let mut pick = Pick::new(data);
    let client = pick.of(&["a", "b", "ab", "a/b"]);
    let documents: Vec<Vec<Statement>> = pick.list(0, 3, |pick| pick.list(1, 3, statement));
    let topics: Vec<String> = pick.list(1, 6, topic);
    let filters = pick.list(1, 4, filter);
    let context = Context {
        client_id: Some(client.into()),
        ..Context::default()
    };
    let set = policy_set(&documents);
    let statements: Vec<&Statement> = documents.iter().flatten().collect();
    decisions(&set, &context, &statements, client, &topics);
    filters
        .iter()
        .for_each(|filter| ahead(&set, &context, filter));
});

fn statement(pick: &mut Pick<'_>) -> Statement {
    Statement {
        deny: pick.one_in(3),
        not_action: pick.one_in(5),
        actions: pick.list(1, 2, |pick| pick.of(&ACTIONS)),
        not_resource: pick.one_in(4),
        resources: pick.list(1, 3, pattern),
    }
}

fn pattern(pick: &mut Pick<'_>) -> String {
    let parts = [
        "a", "b", "/", "*", "?", "a/", "/*", "$", "ü", "+", "#", CLIENT,
    ];
    let parts = pick.list(0, 7, |pick| pick.of(&parts));
    format!("{PREFIX}{}", parts.concat())
}

fn topic(pick: &mut Pick<'_>) -> String {
    pick.list(1, 6, |pick| {
        pick.of(&["a", "b", "/", "a/", "ab", "$", "ü", "*"])
    })
    .concat()
}

fn filter(pick: &mut Pick<'_>) -> String {
    let levels = pick.list(1, 4, |pick| pick.of(&["a", "b", "+", "", "ab", "$a", "ü"]));
    let rest = if pick.flag() { "/#" } else { "" };
    let filter = levels.join("/") + rest;
    if filter.is_empty() {
        "#".into()
    } else {
        filter
    }
}

fn policy_set(documents: &[Vec<Statement>]) -> PolicySet {
    let named = documents.iter().enumerate().map(|(n, statements)| {
        let statements: Vec<_> = statements.iter().map(Statement::json).collect();
        let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        let document = Document::parse(&text).expect("a valid document");
        Named {
            name: n.to_string(),
            version: None,
            document: Arc::new(document),
        }
    });
    PolicySet::new(named.collect())
}

impl Statement {
    fn json(&self) -> serde_json::Value {
        let action = if self.not_action {
            "NotAction"
        } else {
            "Action"
        };
        let resource = if self.not_resource {
            "NotResource"
        } else {
            "Resource"
        };
        json!({
            "Effect": if self.deny { "Deny" } else { "Allow" },
            action: self.actions,
            resource: self.resources,
        })
    }

    fn applies(&self, action: &str, resource: &str, client: &str) -> bool {
        let glob = |pattern: &str, text: &str| {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            naive::glob(&chars(pattern), &chars(text))
        };
        let lower = |text: &str| text.to_ascii_lowercase();
        let action_is_in = self
            .actions
            .iter()
            .any(|own| glob(&lower(own), &lower(action)));
        // No client id of the list has a wildcard, so that it may stand in the pattern.
        let resources = self.resources.iter().map(|own| own.replace(CLIENT, client));
        let resource_is_in = resources.into_iter().any(|own| glob(&own, resource));
        action_is_in != self.not_action && resource_is_in != self.not_resource
    }
}

fn decisions(
    set: &PolicySet,
    context: &Context,
    statements: &[&Statement],
    client: &str,
    topics: &[String],
) {
    let resolved = set.resolve(context);
    for topic in topics {
        let resource = format!("{PREFIX}{topic}");
        for action in ASKED {
            let name = action.as_str();
            let some = |deny| {
                let mut those = statements.iter().filter(|one| one.deny == deny);
                those.any(|one| one.applies(name, &resource, client))
            };
            let wanted = match (some(true), some(false)) {
                (true, _) => Effect::ExplicitDeny,
                (false, true) => Effect::Allowed,
                (false, false) => Effect::ImplicitDeny,
            };
            let request = Request {
                action: name,
                resource: &resource,
                context,
            };
            assert_eq!(evaluate(set, &request).effect, wanted, "{name} {resource}");
            assert_eq!(
                resolved.decide(action, PREFIX, topic),
                wanted,
                "{name} {resource}"
            );
            assert_eq!(
                resolved.decide_named(name, "", &resource),
                wanted,
                "{name} {resource}"
            );
        }
    }
}

/// What is said of all topics under a filter holds for each one.
fn ahead(set: &PolicySet, context: &Context, filter: &str) {
    let resolved = set.resolve(context);
    let over = resolved.receive_over_filter(PREFIX, filter);
    let below = resolved.receive_below_filter(PREFIX, filter);
    for topic in topics_under(filter) {
        let allowed = resolved.decide(Action::Receive, PREFIX, &topic) == Effect::Allowed;
        let holds = |ahead| match ahead {
            Ahead::Always => allowed,
            Ahead::Never => !allowed,
            Ahead::PerTopic => true,
        };
        assert!(holds(over), "{over:?} over {filter}, but {topic}");
        if filter.strip_suffix("/#") != Some(&topic) {
            assert!(holds(below), "{below:?} below {filter}, but {topic}");
        }
    }
}

/// Up to a hundred topics that the filter matches.
fn topics_under(filter: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    for (n, level) in filter.split('/').enumerate() {
        let slash = if n > 0 { "/" } else { "" };
        let choices: &[&str] = match level {
            "+" => &["", "a", "b", "ab", "ü$"],
            "#" => &["", "a", "b/a", "/", "ab/", "$/b/a"],
            level => &[level],
        };
        let longer = all
            .iter()
            .flat_map(|head| choices.iter().map(move |end| format!("{head}{slash}{end}")));
        let longer: Vec<String> = longer.collect();
        if level != "#" {
            all.clear();
        }
        all.extend(longer);
    }
    all.retain(|topic| naive::is_name(topic) && naive::filter_matches(filter, topic));
    let step = all.len().div_ceil(100).max(1);
    all.into_iter().step_by(step).collect()
}
