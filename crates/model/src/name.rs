// SPDX-License-Identifier: Apache-2.0
//! Names that people and firmware choose, and what AWS IoT allows in them.

/// Most characters in a thing, policy or attribute name.
pub const NAME_CHARS_MAX: usize = 128;

/// Why a name was refused: which kind of name, and its rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must match {rule}")]
pub struct BadName {
    /// What the name is of, as in `thingName`.
    pub what: &'static str,
    /// The rule, as a regular expression.
    pub rule: &'static str,
}

/// Checks a thing name (CreateThing: `[a-zA-Z0-9:_-]{1,128}`).
pub fn thing(name: &str) -> Result<(), BadName> {
    let rule = BadName {
        what: "thingName",
        rule: "[a-zA-Z0-9:_-]{1,128}",
    };
    check(name, rule, |c| {
        c.is_ascii_alphanumeric() || b":_-".contains(&c)
    })
}

/// Checks a policy name (CreatePolicy: `[\w+=,.@-]{1,128}`).
pub fn policy(name: &str) -> Result<(), BadName> {
    let rule = BadName {
        what: "policyName",
        rule: r"[\w+=,.@-]{1,128}",
    };
    check(name, rule, |c| {
        c.is_ascii_alphanumeric() || b"_+=,.@-".contains(&c)
    })
}

/// Checks a thing attribute's name (`[a-zA-Z0-9_.,@/:#-]{1,128}`).
pub fn attribute(name: &str) -> Result<(), BadName> {
    let rule = BadName {
        what: "attribute name",
        rule: r"[a-zA-Z0-9_.,@/:#-]{1,128}",
    };
    check(name, rule, |c| {
        c.is_ascii_alphanumeric() || b"_.,@/:#-".contains(&c)
    })
}

/// Checks a thing attribute's value (`[a-zA-Z0-9_.,@/:#=\[\]-]{0,800}`).
pub fn attribute_value(value: &str) -> Result<(), BadName> {
    let good = |c: u8| c.is_ascii_alphanumeric() || b"_.,@/:#=[]-".contains(&c);
    let rule = BadName {
        what: "attribute value",
        rule: r"[a-zA-Z0-9_.,@/:#=\[\]-]{0,800}",
    };
    (value.len() <= 800 && value.bytes().all(good))
        .then_some(())
        .ok_or(rule)
}

fn check(name: &str, rule: BadName, good: impl Fn(u8) -> bool) -> Result<(), BadName> {
    let fits = (1..=NAME_CHARS_MAX).contains(&name.len()) && name.bytes().all(good);
    fits.then_some(()).ok_or(rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aws_rules() {
        assert!(thing("meter-1:a_B").is_ok());
        for bad in ["", "a/b", "ä", "a b", "a+", &"x".repeat(129)] {
            assert!(thing(bad).is_err(), "{bad}");
        }
        assert!(policy("p+=,.@-").is_ok() && policy("a:b").is_err());
        assert!(attribute("a/b#1").is_ok() && attribute("a[0]").is_err());
        assert!(attribute_value("").is_ok() && attribute_value("a[0]=1").is_ok());
        assert!(attribute_value("a b").is_err());
    }
}
