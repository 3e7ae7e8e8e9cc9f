// SPDX-License-Identifier: Apache-2.0
//! Text with wildcards, `${variables}` and the escapes `${*}`, `${?}`, `${$}`, before it is
//! resolved for a request.
//!
//! A variable without a value keeps its text, which then stands for itself.

use crate::Context;
use crate::pattern::{Pattern, PatternBuilder};
use crate::unresolved::{Cause, Unresolved};
use crate::variables;

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(Box<str>),
    One,
    Run,
    /// The name between `${` and `}`.
    Variable(Box<str>),
}

/// A resource or a condition value of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    source: Box<str>,
    pieces: Box<[Piece]>,
}

impl Template {
    /// Reads `source`; without `variables` (documents before version 2012-10-17) `$` is plain text.
    /// `*` and `?` count as wildcards when the template is used as a pattern, else as themselves.
    pub(crate) fn parse(source: &str, variables: bool) -> Template {
        let mut pieces = Vec::new();
        let mut text = String::new();
        // Behind the last `}` no variable can begin: looking for its end once keeps this linear.
        let last_brace = source.rfind('}').unwrap_or(0);
        let mut at = 0;
        while let Some(next) = source[at..].find(['*', '?', '$']) {
            text.push_str(&source[at..at + next]);
            at += next;
            let (piece, len) = special(&source[at..], variables && at < last_brace);
            match piece {
                Piece::Text(plain) => text.push_str(&plain),
                piece => {
                    push_text(&mut pieces, &mut text);
                    pieces.push(piece);
                }
            }
            at += len;
        }
        text.push_str(&source[at..]);
        push_text(&mut pieces, &mut text);
        Template {
            source: source.into(),
            pieces: pieces.into(),
        }
    }

    /// As the policy has it.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Whether it says the same for every request.
    pub(crate) fn is_constant(&self) -> bool {
        !self
            .pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Variable(_)))
    }

    /// As a pattern for this context; variables without a value are noted in `missing`.
    pub(crate) fn pattern(&self, context: &Context, missing: &mut Vec<Unresolved>) -> Pattern {
        let mut builder = PatternBuilder::default();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => builder.text(text),
                Piece::One => builder.one(),
                Piece::Run => builder.run(),
                Piece::Variable(name) => match variables::text(context, name) {
                    Ok(value) => builder.text(value),
                    Err(cause) => {
                        keep(name, &mut |text| builder.text(text));
                        note(missing, name, cause);
                    }
                },
            }
        }
        builder.build()
    }

    /// As plain text for this context, where `*` and `?` are themselves.
    pub(crate) fn text(&self, context: &Context) -> String {
        let mut out = String::with_capacity(self.source.len());
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::One => out.push('?'),
                Piece::Run => out.push('*'),
                Piece::Variable(name) => match variables::text(context, name) {
                    Ok(value) => out.push_str(value),
                    Err(_) => keep(name, &mut |text| out.push_str(text)),
                },
            }
        }
        out
    }
}

/// What begins at the `*`, `?` or `$` at the start of `rest`, and its length in bytes.
fn special(rest: &str, variables: bool) -> (Piece, usize) {
    match rest.as_bytes()[0] {
        b'*' => return (Piece::Run, 1),
        b'?' => return (Piece::One, 1),
        _ => {}
    }
    let name = rest.strip_prefix("${").filter(|_| variables);
    let Some((name, _)) = name.and_then(|name| name.split_once('}')) else {
        return (Piece::Text("$".into()), 1);
    };
    let piece = match name {
        "*" | "?" | "$" => Piece::Text(name.into()),
        name => Piece::Variable(name.into()),
    };
    (piece, name.len() + 3)
}

fn push_text(pieces: &mut Vec<Piece>, text: &mut String) {
    if !text.is_empty() {
        pieces.push(Piece::Text(std::mem::take(text).into()));
    }
}

/// Gives the text of an unresolved variable, as it stood.
fn keep(name: &str, push: &mut dyn FnMut(&str)) {
    push("${");
    push(name);
    push("}");
}

fn note(missing: &mut Vec<Unresolved>, name: &str, cause: Cause) {
    if !missing.iter().any(|known| *known.variable == *name) {
        missing.push(Unresolved {
            variable: name.into(),
            cause,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_client(id: &str) -> Context {
        Context {
            client_id: Some(id.into()),
            ..Context::default()
        }
    }

    #[test]
    fn escapes_are_plain_characters() {
        let pattern =
            Template::parse("a${*}${?}${$}*", true).pattern(&Context::default(), &mut Vec::new());
        assert!(pattern.matches("a*?$tail"));
        assert!(!pattern.matches("axx$"));
    }

    #[test]
    fn a_value_is_never_a_wildcard() {
        let pattern =
            Template::parse("x/${iot:ClientId}", true).pattern(&with_client("*"), &mut Vec::new());
        assert!(pattern.matches("x/*"));
        assert!(!pattern.matches("x/y"));
    }

    #[test]
    fn unresolved_text_stays() {
        let mut missing = Vec::new();
        let template = Template::parse("x/${iot:ClientId}/${open", true);
        let pattern = template.pattern(&Context::default(), &mut missing);
        assert!(pattern.matches("x/${iot:ClientId}/${open"));
        assert_eq!(missing.len(), 1);
        assert_eq!(template.text(&with_client("c")), "x/c/${open");
    }

    #[test]
    fn old_documents_have_no_variables() {
        let template = Template::parse("${iot:ClientId}", false);
        assert_eq!(template.text(&with_client("c")), "${iot:ClientId}");
    }
}
