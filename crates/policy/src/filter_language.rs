// SPDX-License-Identifier: Apache-2.0
//! The topics that a subscription filter can match, as a row of symbols; and how a policy pattern
//! stands to all of them.
//!
//! Everything errs to the safe side: the row may stand for more topics than the filter matches
//! (`a/#` includes `a`, a leading wildcard includes `$` topics), never for fewer.

use crate::limits::AHEAD_STEPS_MAX;
use crate::pattern::{Pattern, Token};

/// One step of a filter's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Char(char),
    /// Any run without `/`.
    Level,
    /// Any run.
    Rest,
}

/// All resources that messages under one filter can have.
#[derive(Debug)]
pub(crate) struct FilterLanguage {
    steps: Vec<Step>,
    /// How many steps also make a whole resource: those before `/#`.
    short: Option<usize>,
}

/// One symbol of a policy pattern.
#[derive(Clone, Copy)]
enum Sign {
    Char(char),
    One,
    Run,
}

impl FilterLanguage {
    /// `filter` without any `$share/GROUP/`.
    pub(crate) fn new(prefix: &str, filter: &str) -> FilterLanguage {
        let mut steps: Vec<Step> = prefix.chars().map(Step::Char).collect();
        let mut short = None;
        for (i, level) in filter.split('/').enumerate() {
            let before = steps.len();
            if i > 0 {
                steps.push(Step::Char('/'));
            }
            match level {
                "+" => steps.push(Step::Level),
                "#" => {
                    steps.push(Step::Rest);
                    short = (i > 0).then_some(before);
                }
                plain => steps.extend(plain.chars().map(Step::Char)),
            }
        }
        FilterLanguage { steps, short }
    }

    /// Without the parent that a trailing `/#` includes, if that is one topic, free of wildcards.
    pub(crate) fn without_parent(mut self) -> FilterLanguage {
        let plain = |short: &usize| {
            self.steps[..*short]
                .iter()
                .all(|step| matches!(step, Step::Char(_)))
        };
        self.short = self.short.filter(|short| !plain(short));
        self
    }

    /// Whether `pattern` surely matches every resource. May say no when it is so.
    pub(crate) fn is_inside(&self, pattern: &Pattern) -> bool {
        let signs = signs(pattern);
        if self.too_long(&signs) {
            return false;
        }
        let short = self
            .short
            .is_none_or(|short| covers(&signs, &self.steps[..short]));
        short && covers(&signs, &self.steps)
    }

    /// Whether `pattern` can match one of the resources. May say yes when it cannot.
    pub(crate) fn meets(&self, pattern: &Pattern) -> bool {
        let signs = signs(pattern);
        if self.too_long(&signs) {
            return true;
        }
        let mut here = vec![false; self.steps.len() + 1];
        here[0] = true;
        for sign in signs {
            here = self.after(sign, here);
            if !here.contains(&true) {
                return false;
            }
        }
        // What is left of the filter may still be empty.
        let end = self.after_empty(here);
        end[self.steps.len()] || self.short.is_some_and(|short| end[short])
    }

    fn too_long(&self, signs: &[Sign]) -> bool {
        signs.len().saturating_mul(self.steps.len()) > AHEAD_STEPS_MAX
    }

    /// Adds the places reached by letting runs of the filter be empty.
    fn after_empty(&self, mut here: Vec<bool>) -> Vec<bool> {
        for (at, step) in self.steps.iter().enumerate() {
            if here[at] && matches!(step, Step::Level | Step::Rest) {
                here[at + 1] = true;
            }
        }
        here
    }

    /// The places in the filter reached from `here` by one sign of the pattern.
    fn after(&self, sign: Sign, here: Vec<bool>) -> Vec<bool> {
        let here = self.after_empty(here);
        if let Sign::Run = sign {
            // A run takes any number of steps: everything behind the first place.
            let first = here
                .iter()
                .position(|reached| *reached)
                .unwrap_or(here.len());
            return (0..here.len()).map(|at| at >= first).collect();
        }
        let mut next = vec![false; here.len()];
        for (at, step) in self.steps.iter().enumerate().filter(|(at, _)| here[*at]) {
            let (stays, moves) = match (step, sign) {
                (Step::Char(have), Sign::Char(want)) => (false, *have == want),
                (Step::Char(_), _) => (false, true),
                (Step::Level, Sign::Char(want)) => (want != '/', false),
                (Step::Level | Step::Rest, _) => (true, false),
            };
            next[at] |= stays;
            next[at + 1] |= moves;
        }
        next
    }
}

fn signs(pattern: &Pattern) -> Vec<Sign> {
    let mut signs = Vec::new();
    for token in pattern.tokens() {
        match token {
            Token::Text(text) => signs.extend(text.chars().map(Sign::Char)),
            Token::One => signs.push(Sign::One),
            Token::Run => signs.push(Sign::Run),
        }
    }
    signs
}

/// Whether the pattern matches the row of steps itself, where only a `*` may take up a run: then it
/// matches whatever the runs stand for.
fn covers(signs: &[Sign], steps: &[Step]) -> bool {
    let (mut at, mut pos) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        match (signs.get(at), steps.get(pos)) {
            (Some(Sign::Run), _) => {
                at += 1;
                retry = Some((at, pos));
                continue;
            }
            (Some(Sign::Char(want)), Some(Step::Char(have))) if want == have => {
                (at, pos) = (at + 1, pos + 1);
                continue;
            }
            (Some(Sign::One), Some(Step::Char(_))) => {
                (at, pos) = (at + 1, pos + 1);
                continue;
            }
            (None, None) => return true,
            _ => {}
        }
        match retry {
            Some((after, from)) if from < steps.len() => {
                (at, pos) = (after, from + 1);
                retry = Some((after, from + 1));
            }
            _ => return false,
        }
    }
}
