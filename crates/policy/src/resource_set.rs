// SPDX-License-Identifier: Apache-2.0
//! `Resource` and `NotResource` of a statement, before and after variables are substituted.

use crate::Context;
use crate::pattern::Pattern;
use crate::template::Template;
use crate::unresolved::Unresolved;

/// As the document has it.
#[derive(Debug, Clone)]
pub(crate) struct ResourceSet {
    negated: bool,
    templates: Box<[Template]>,
}

/// With variables substituted for one context.
#[derive(Debug, Clone)]
pub(crate) struct Resources {
    pub(crate) negated: bool,
    pub(crate) patterns: Box<[Pattern]>,
}

impl ResourceSet {
    /// `negated` for `NotResource`. Errors are texts without their place.
    pub(crate) fn new(negated: bool, texts: &[&str], variables: bool) -> Result<Self, String> {
        for text in texts {
            check(text)?;
        }
        let templates = texts
            .iter()
            .map(|text| Template::parse(text, variables))
            .collect();
        Ok(ResourceSet { negated, templates })
    }

    pub(crate) fn resolve(&self, context: &Context) -> (Resources, Vec<Unresolved>) {
        let mut missing = Vec::new();
        let templates = self.templates.iter();
        let patterns = templates
            .map(|template| template.pattern(context, &mut missing))
            .collect();
        (
            Resources {
                negated: self.negated,
                patterns,
            },
            missing,
        )
    }

    /// As a person would quote it.
    pub(crate) fn describe(&self) -> String {
        let name = if self.negated {
            "NotResource"
        } else {
            "Resource"
        };
        match &*self.templates {
            [only] => format!("{name} {:?}", only.source()),
            many => {
                let sources: Vec<&str> = many.iter().map(Template::source).collect();
                format!("{name} {sources:?}")
            }
        }
    }
}

impl Resources {
    /// Whether the resource `prefix` + `name` is in it.
    pub(crate) fn contains(&self, prefix: &str, name: &str) -> bool {
        self.negated
            != self
                .patterns
                .iter()
                .any(|pattern| pattern.matches_joined(prefix, name))
    }
}

/// A resource is an ARN, or at least can match one.
fn check(text: &str) -> Result<(), String> {
    if text.contains([':', '*', '?', '$']) {
        return Ok(());
    }
    Err(format!(
        "{text:?} is not a resource; write an ARN as in \
         \"arn:aws:iot:REGION:ACCOUNT:topic/NAME\", or \"*\""
    ))
}
