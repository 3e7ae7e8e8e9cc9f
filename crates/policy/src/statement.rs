// SPDX-License-Identifier: Apache-2.0
//! One statement of a document.

use crate::PolicyError;
use crate::action_set::ActionSet;
use crate::condition::Condition;
use crate::json::Node;
use crate::resource_set::ResourceSet;

/// What a statement does with the requests it applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementEffect {
    /// It permits them.
    Allow,
    /// It forbids them, whatever other statements say.
    Deny,
}

/// A statement, checked and compiled.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) sid: Option<String>,
    pub(crate) effect: StatementEffect,
    pub(crate) actions: ActionSet,
    pub(crate) resources: ResourceSet,
    /// All must hold.
    pub(crate) conditions: Vec<Condition>,
}

const ELEMENTS: &str = "Sid, Effect, Action, NotAction, Resource, NotResource, Condition";

/// The elements of a statement as they stand in the JSON.
#[derive(Default)]
struct Elements<'n> {
    sid: Option<&'n Node>,
    effect: Option<&'n Node>,
    action: Option<&'n Node>,
    not_action: Option<&'n Node>,
    resource: Option<&'n Node>,
    not_resource: Option<&'n Node>,
    condition: Option<&'n Node>,
}

impl Statement {
    /// Reads a statement; `at` is its place for messages, `variables` whether the document's
    /// version has policy variables.
    pub(crate) fn read(node: &Node, at: &str, variables: bool) -> Result<Statement, PolicyError> {
        let elements = elements(node, at)?;
        let one_of = |yes, yes_name, no, no_name| choose(at, (yes, yes_name), (no, no_name));
        let (negated, place, texts) =
            one_of(elements.action, "Action", elements.not_action, "NotAction")?;
        let actions = ActionSet::new(negated, &texts)
            .map_err(|problem| PolicyError::invalid(place, problem))?;
        let (negated, place, texts) = one_of(
            elements.resource,
            "Resource",
            elements.not_resource,
            "NotResource",
        )?;
        let resources = ResourceSet::new(negated, &texts, variables)
            .map_err(|problem| PolicyError::invalid(place, problem))?;
        let conditions = match elements.condition {
            Some(node) => Condition::read_all(node, &format!("{at}.Condition"), variables)?,
            None => Vec::new(),
        };
        Ok(Statement {
            sid: sid(elements.sid, at)?,
            effect: effect(elements.effect, at)?,
            actions,
            resources,
            conditions,
        })
    }
}

fn elements<'n>(node: &'n Node, at: &str) -> Result<Elements<'n>, PolicyError> {
    let Node::Object(entries) = node else {
        return Err(PolicyError::invalid(
            at,
            format!("an object is expected, not {}", node.kind()),
        ));
    };
    let mut found = Elements::default();
    for (key, value) in entries {
        let slot = match key.as_str() {
            "Sid" => &mut found.sid,
            "Effect" => &mut found.effect,
            "Action" => &mut found.action,
            "NotAction" => &mut found.not_action,
            "Resource" => &mut found.resource,
            "NotResource" => &mut found.not_resource,
            "Condition" => &mut found.condition,
            "Principal" | "NotPrincipal" => {
                let problem = format!(
                    "{key} is not allowed: a policy applies to the principals it is attached to"
                );
                return Err(PolicyError::invalid(at, problem));
            }
            _ => {
                let (at, key) = (at.to_owned(), key.clone());
                return Err(PolicyError::UnknownElement {
                    at,
                    key,
                    allowed: ELEMENTS,
                });
            }
        };
        *slot = Some(value);
    }
    Ok(found)
}

/// A list element, the way it was given: negated or not, its place, its texts.
type Choice<'n> = (bool, String, Vec<&'n str>);

/// Exactly one of an element and its `Not` form must be there.
fn choose<'n>(
    at: &str,
    (yes, yes_name): (Option<&'n Node>, &'static str),
    (no, no_name): (Option<&'n Node>, &'static str),
) -> Result<Choice<'n>, PolicyError> {
    let (negated, name, node) = match (yes, no) {
        (Some(_), Some(_)) => {
            let problem = format!("{yes_name} and {no_name} exclude each other; keep one");
            return Err(PolicyError::invalid(at, problem));
        }
        (Some(node), None) => (false, yes_name, node),
        (None, Some(node)) => (true, no_name, node),
        (None, None) => {
            return Err(PolicyError::Missing {
                at: at.to_owned(),
                what: yes_name,
            });
        }
    };
    let place = format!("{at}.{name}");
    let texts = texts(node, &place)?;
    Ok((negated, place, texts))
}

/// A string, or a list of at least one.
fn texts<'n>(node: &'n Node, at: &str) -> Result<Vec<&'n str>, PolicyError> {
    let items = match node {
        Node::List(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    if items.is_empty() {
        return Err(PolicyError::invalid(at, "the list is empty"));
    }
    let text = |item: &'n Node| match item {
        Node::Text(text) => Ok(text.as_str()),
        other => {
            let problem = format!(
                "a string or a list of strings is expected, not {}",
                other.kind()
            );
            Err(PolicyError::invalid(at, problem))
        }
    };
    items.iter().map(text).collect()
}

fn sid(node: Option<&Node>, at: &str) -> Result<Option<String>, PolicyError> {
    match node {
        None => Ok(None),
        Some(Node::Text(sid)) => Ok(Some(sid.clone())),
        Some(other) => {
            let problem = format!("a string is expected, not {}", other.kind());
            Err(PolicyError::invalid(format!("{at}.Sid"), problem))
        }
    }
}

fn effect(node: Option<&Node>, at: &str) -> Result<StatementEffect, PolicyError> {
    match node {
        None => Err(PolicyError::Missing {
            at: at.to_owned(),
            what: "Effect",
        }),
        Some(Node::Text(text)) if text == "Allow" => Ok(StatementEffect::Allow),
        Some(Node::Text(text)) if text == "Deny" => Ok(StatementEffect::Deny),
        Some(_) => {
            let problem = "it must be \"Allow\" or \"Deny\", in exactly this spelling";
            Err(PolicyError::invalid(format!("{at}.Effect"), problem))
        }
    }
}
