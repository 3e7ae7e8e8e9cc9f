// SPDX-License-Identifier: Apache-2.0
//! `ArnEquals` and `ArnLike`, which are the same: each of the six parts between colons is matched
//! on its own, with wildcards.

use crate::pattern::{Pattern, PatternBuilder, Token};

const PARTS: usize = 6;

/// Whether the ARN `value` is like `wanted`; a lone `*` is like every ARN.
pub(super) fn like(value: &str, wanted: &Pattern) -> bool {
    let parts: Vec<&str> = value.splitn(PARTS, ':').collect();
    if parts.len() != PARTS {
        return false;
    }
    let wanted = split(wanted);
    match wanted.as_slice() {
        [only] => *only.tokens() == [Token::Run],
        many => {
            many.len() == PARTS
                && many
                    .iter()
                    .zip(parts)
                    .all(|(want, part)| want.matches(part))
        }
    }
}

/// Cuts at the first five colons that stand in plain text.
fn split(pattern: &Pattern) -> Vec<Pattern> {
    let mut done = Vec::new();
    let mut open = PatternBuilder::default();
    for token in pattern.tokens() {
        match token {
            Token::One => open.one(),
            Token::Run => open.run(),
            Token::Text(text) => {
                let mut rest: &str = text;
                while done.len() + 1 < PARTS {
                    let Some((head, tail)) = rest.split_once(':') else {
                        break;
                    };
                    open.text(head);
                    done.push(std::mem::take(&mut open).build());
                    rest = tail;
                }
                open.text(rest);
            }
        }
    }
    done.push(open.build());
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_matched_one_by_one() {
        let arn = "arn:aws:iot:eu-west-1:123:topic/a:b/c";
        for (wanted, expected) in [
            (arn, true),
            ("*", true),
            ("arn:aws:iot:*:*:topic/*", true),
            ("arn:aws:iot:*:topic/*", false),
            ("arn:*:topic/a:b/c", false),
            ("arn:aws:iot:eu-west-?:123:topic/a?b/c", true),
            ("arn:aws:iot:eu-west-1:124:topic/a:b/c", false),
        ] {
            assert_eq!(like(arn, &Pattern::glob(wanted)), expected, "{wanted}");
        }
        assert!(!like("topic", &Pattern::glob("*")));
    }
}
