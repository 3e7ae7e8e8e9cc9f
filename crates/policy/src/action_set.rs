// SPDX-License-Identifier: Apache-2.0
//! `Action` and `NotAction` of a statement. Actions are case-insensitive, as in IAM.

use crate::action::{Action, ActionMask};
use crate::pattern::Pattern;

/// The actions that a statement speaks of.
#[derive(Debug, Clone)]
pub(crate) struct ActionSet {
    negated: bool,
    /// In lower case.
    patterns: Box<[Pattern]>,
    sources: Box<[Box<str>]>,
    mask: ActionMask,
}

impl ActionSet {
    /// `negated` for `NotAction`. Errors are texts without their place.
    pub(crate) fn new(negated: bool, texts: &[&str]) -> Result<ActionSet, String> {
        for text in texts {
            check(text)?;
        }
        let lower = texts
            .iter()
            .map(|text| Pattern::glob(&text.to_ascii_lowercase()));
        let mut set = ActionSet {
            negated,
            patterns: lower.collect(),
            sources: texts.iter().map(|text| Box::from(*text)).collect(),
            mask: 0,
        };
        let covered = Action::ALL
            .into_iter()
            .filter(|action| set.contains(action.as_str()));
        set.mask = covered.fold(0, |mask, action| mask | action.bit());
        Ok(set)
    }

    /// The known actions in it.
    pub(crate) fn mask(&self) -> ActionMask {
        self.mask
    }

    /// Whether it holds `action`, written as `iot:Publish`, in any case.
    pub(crate) fn contains(&self, action: &str) -> bool {
        let lower = action.to_ascii_lowercase();
        self.negated != self.patterns.iter().any(|pattern| pattern.matches(&lower))
    }

    /// For content hashes: whether negated, and the texts.
    pub(crate) fn content(&self) -> (bool, impl Iterator<Item = String>) {
        (
            self.negated,
            self.sources.iter().map(|text| text.to_ascii_lowercase()),
        )
    }
}

/// An action is `*` or `SERVICE:NAME`, both of letters, digits, `-`, `_` and wildcards.
fn check(text: &str) -> Result<(), String> {
    let of = |part: &str, extra: &[u8]| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || extra.contains(&b))
    };
    let valid = match text.split_once(':') {
        None => text == "*",
        Some((service, name)) => of(service, b"-*?") && of(name, b"-_*?"),
    };
    if valid {
        return Ok(());
    }
    Err(format!(
        "{text:?} is not an action; write \"SERVICE:NAME\" as in \"iot:Publish\", or \"*\""
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_and_case() {
        let set = ActionSet::new(false, &["iot:pub*", "IOT:Re?eive"]).unwrap();
        assert_eq!(set.mask(), Action::Publish.bit() | Action::Receive.bit());
        assert!(set.contains("iot:PUBLISH"));
        assert!(!set.contains("iot:RetainPublish"));
        assert!(
            ActionSet::new(true, &["iot:Connect"])
                .unwrap()
                .contains("iot:Other")
        );
        assert!(!ActionSet::new(true, &["*"]).unwrap().contains("iot:Other"));
    }

    #[test]
    fn bad_actions() {
        for bad in [
            "",
            "Publish",
            "iot:",
            ":Publish",
            "iot:Pub lish",
            "iot:a:b",
            "iot:${x}",
        ] {
            assert!(ActionSet::new(false, &[bad]).is_err(), "{bad}");
        }
    }
}
