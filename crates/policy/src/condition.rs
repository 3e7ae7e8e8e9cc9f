// SPDX-License-Identifier: Apache-2.0
//! The `Condition` element: operator, key, values. All conditions of a statement must hold.
//!
//! Source: IAM user guide, `reference_policies_elements_condition_operators` and
//! `reference_policies_condition-single-vs-multi-valued-context-keys`.

mod arn;
mod binary;
mod boolean;
mod date;
mod ip;
mod numeric;
mod operator;
mod string;

use crate::json::Node;
use crate::template::Template;
use crate::unresolved::Cause;
use crate::variables::{self, Value};
use crate::{Context, PolicyError};

use operator::{Operator, Quantifier, Test};

/// One key tested by one operator.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    operator: Operator,
    key: String,
    values: Vec<Template>,
}

impl Condition {
    /// Reads `{operator: {key: value or values}}`.
    pub(crate) fn read_all(
        node: &Node,
        at: &str,
        variables: bool,
    ) -> Result<Vec<Condition>, PolicyError> {
        let mut conditions = Vec::new();
        for (name, keys) in object(node, at)? {
            let operator =
                Operator::parse(name).map_err(|problem| PolicyError::invalid(at, problem))?;
            let at = format!("{at}.{name}");
            for (key, values) in object(keys, &at)? {
                let values = read_values(values, &format!("{at}[{key:?}]"), variables, operator)?;
                conditions.push(Condition {
                    operator,
                    key: key.clone(),
                    values,
                });
            }
        }
        Ok(conditions)
    }

    /// Whether it holds for this context.
    pub(crate) fn holds(&self, context: &Context) -> bool {
        let value = variables::key(context, &self.key).ok();
        if self.operator.test == Test::Null {
            let absent = value.is_none();
            return self
                .values
                .iter()
                .any(|wanted| boolean::is(&wanted.text(context), absent));
        }
        let Some(value) = value else {
            return self.operator.holds_when_absent();
        };
        let values = match &value {
            Value::One(one) => std::slice::from_ref(one),
            Value::Many(many) => many.as_slice(),
        };
        let Operator {
            negated,
            quantifier,
            ..
        } = self.operator;
        match quantifier {
            // Of several values one that fits is enough; the negated form wants none to fit.
            None => negated != values.iter().any(|value| self.fits(value, context)),
            Some(Quantifier::ForAnyValue) => values
                .iter()
                .any(|value| negated != self.fits(value, context)),
            Some(Quantifier::ForAllValues) => values
                .iter()
                .all(|value| negated != self.fits(value, context)),
        }
    }

    /// Whether one of the policy's values fits `value`.
    fn fits(&self, value: &str, context: &Context) -> bool {
        self.values
            .iter()
            .any(|wanted| self.operator.test.fits(value, wanted, context))
    }

    /// Its key, if that has no value; a name that AWS IoT does not have can have none.
    pub(crate) fn missing_key(&self, context: &Context) -> Option<&str> {
        let cause = variables::key(context, &self.key).err()?;
        (cause != Cause::NotAVariable).then_some(&self.key)
    }

    /// As a person would name it: `StringEquals on iot:ClientId`.
    pub(crate) fn describe(&self) -> String {
        format!("{} on {}", self.operator, self.key)
    }

    /// Why the key has no value, if it has none.
    pub(crate) fn absent_because(&self, context: &Context) -> Option<String> {
        Some(variables::key(context, &self.key).err()?.to_string())
    }
}

fn object<'n>(node: &'n Node, at: &str) -> Result<&'n [(String, Node)], PolicyError> {
    match node {
        Node::Object(entries) => Ok(entries),
        other => Err(PolicyError::invalid(
            at,
            format!("an object is expected, not {}", other.kind()),
        )),
    }
}

fn read_values(
    node: &Node,
    at: &str,
    variables: bool,
    operator: Operator,
) -> Result<Vec<Template>, PolicyError> {
    let items = match node {
        Node::List(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    if items.is_empty() {
        return Err(PolicyError::invalid(at, "the list of values is empty"));
    }
    let read = |item: &Node| {
        let text = match item {
            Node::Text(text) | Node::Number(text) => text.clone(),
            Node::Bool(flag) => flag.to_string(),
            other => {
                let problem = format!(
                    "a string, number or boolean is expected, not {}",
                    other.kind()
                );
                return Err(PolicyError::invalid(at, problem));
            }
        };
        let template = Template::parse(&text, variables);
        if template.is_constant() {
            let plain = template.text(&Context::default());
            operator
                .test
                .check(&plain)
                .map_err(|problem| PolicyError::invalid(at, problem))?;
        }
        Ok(template)
    };
    items.iter().map(read).collect()
}
