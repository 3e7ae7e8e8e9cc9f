// SPDX-License-Identifier: Apache-2.0
//! Wildcard patterns: `*` is any run of characters, `?` is one; all else stands for itself.
//!
//! Matching needs no recursion and no memory; its time is at most the length of the text times the
//! longest stretch between two `*`.

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// Exactly this.
    Text(Box<str>),
    /// One character.
    One,
    /// Any run of characters, none included.
    Run,
}

/// A pattern with all variables substituted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    tokens: Box<[Token]>,
}

/// Collects tokens, joining neighbouring texts and runs.
#[derive(Debug, Default)]
pub(crate) struct PatternBuilder {
    tokens: Vec<Token>,
    text: String,
}

impl PatternBuilder {
    pub(crate) fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(crate) fn one(&mut self) {
        self.flush();
        self.tokens.push(Token::One);
    }

    pub(crate) fn run(&mut self) {
        self.flush();
        if self.tokens.last() != Some(&Token::Run) {
            self.tokens.push(Token::Run);
        }
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.tokens
                .push(Token::Text(std::mem::take(&mut self.text).into()));
        }
    }

    pub(crate) fn build(mut self) -> Pattern {
        self.flush();
        Pattern {
            tokens: self.tokens.into(),
        }
    }
}

impl Pattern {
    /// Reads `*` and `?` as wildcards and nothing else as special.
    pub(crate) fn glob(text: &str) -> Pattern {
        let mut builder = PatternBuilder::default();
        let mut rest = text;
        while let Some(at) = rest.find(['*', '?']) {
            builder.text(&rest[..at]);
            if rest[at..].starts_with('*') {
                builder.run()
            } else {
                builder.one()
            }
            rest = &rest[at + 1..];
        }
        builder.text(rest);
        builder.build()
    }

    pub(crate) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Whether the whole of `text` matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.matches_joined("", text)
    }

    /// Whether `head` followed by `tail` matches, without joining them.
    pub(crate) fn matches_joined(&self, head: &str, tail: &str) -> bool {
        let text = Joined {
            head: head.as_bytes(),
            tail: tail.as_bytes(),
        };
        let len = text.len();
        let tokens = &*self.tokens;
        let (mut at, mut pos) = (0, 0);
        // Where to go on when the way since the last `*` fails: that `*` takes one character more.
        let mut retry: Option<(usize, usize)> = None;
        loop {
            match tokens.get(at) {
                Some(Token::Text(wanted)) if text.has_at(pos, wanted.as_bytes()) => {
                    pos += wanted.len();
                    at += 1;
                    continue;
                }
                Some(Token::One) if pos < len => {
                    pos = text.next(pos);
                    at += 1;
                    continue;
                }
                Some(Token::Run) => match &tokens[at + 1..] {
                    [] => return true,
                    [Token::Text(end)] => return text.ends_with_after(pos, end.as_bytes()),
                    _ => {
                        at += 1;
                        retry = Some((at, pos));
                        continue;
                    }
                },
                None if pos == len => return true,
                _ => {}
            }
            match retry {
                Some((after, from)) if from < len => {
                    pos = text.next(from);
                    at = after;
                    retry = Some((at, pos));
                }
                _ => return false,
            }
        }
    }
}

/// Two pieces of UTF-8 text read as one.
struct Joined<'a> {
    head: &'a [u8],
    tail: &'a [u8],
}

impl Joined<'_> {
    fn len(&self) -> usize {
        self.head.len() + self.tail.len()
    }

    /// Whether `wanted` stands at byte `pos`.
    fn has_at(&self, pos: usize, wanted: &[u8]) -> bool {
        match self.head.get(pos..) {
            None => self.tail[pos - self.head.len()..].starts_with(wanted),
            Some(head) if head.len() >= wanted.len() => head.starts_with(wanted),
            Some(head) => {
                let (first, second) = wanted.split_at(head.len());
                head == first && self.tail.starts_with(second)
            }
        }
    }

    /// Whether `wanted` is the end, and begins at `pos` or later.
    fn ends_with_after(&self, pos: usize, wanted: &[u8]) -> bool {
        self.len()
            .checked_sub(wanted.len())
            .is_some_and(|at| at >= pos && self.has_at(at, wanted))
    }

    /// The byte position of the character behind the one at `pos`, which must exist.
    fn next(&self, pos: usize) -> usize {
        let byte = match self.head.get(pos) {
            Some(byte) => *byte,
            None => self.tail[pos - self.head.len()],
        };
        pos + match byte {
            0..0xC0 => 1,
            0xC0..0xE0 => 2,
            0xE0..0xF0 => 3,
            _ => 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "a/b", true),
            ("?", "", false),
            ("?", "é", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
            ("*?b", "ab", true),
            ("*?b", "b", false),
            ("a/+/#", "a/+/#", true),
            ("a/+/#", "a/b/c", false),
            ("*ab", "aab", true),
            ("a*a", "a", false),
        ] {
            assert_eq!(
                Pattern::glob(pattern).matches(text),
                expected,
                "{pattern} {text}"
            );
            for cut in (0..=text.len()).filter(|cut| text.is_char_boundary(*cut)) {
                let (head, tail) = text.split_at(cut);
                assert_eq!(Pattern::glob(pattern).matches_joined(head, tail), expected);
            }
        }
    }

    #[test]
    fn many_stars_do_not_explode() {
        let pattern = Pattern::glob(&"*a".repeat(1_000));
        assert!(!pattern.matches(&format!("{}b", "a".repeat(60_000))));
    }
}
