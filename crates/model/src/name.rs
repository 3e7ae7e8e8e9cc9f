// SPDX-License-Identifier: Apache-2.0
//! Names that people and firmware choose, and what AWS IoT allows in them.

/// Most characters in the name of a thing, type, group, policy or attribute.
pub const NAME_CHARS_MAX: usize = 128;

/// Most characters in the description of a thing type or group.
pub const DESCRIPTION_CHARS_MAX: usize = 2_028;

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
    registered("thingName", name)
}

/// Checks a thing type's name, which is as a thing's (CreateThingType).
pub fn thing_type(name: &str) -> Result<(), BadName> {
    registered("thingTypeName", name)
}

/// Checks a thing group's name, which is as a thing's (CreateThingGroup).
pub fn thing_group(name: &str) -> Result<(), BadName> {
    registered("thingGroupName", name)
}

fn registered(what: &'static str, name: &str) -> Result<(), BadName> {
    let rule = BadName {
        what,
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

/// Checks the description of a thing type or group (`[\p{Graph}\x20]{0,2028}`: printable ASCII).
pub fn description(text: &str) -> Result<(), BadName> {
    let good = |c: u8| c == b' ' || c.is_ascii_graphic();
    let rule = BadName {
        what: "description",
        rule: r"[\p{Graph}\x20]{0,2028}",
    };
    (text.len() <= DESCRIPTION_CHARS_MAX && text.bytes().all(good))
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
        assert!(thing_type("meter:v2").is_ok() && thing_type("a b").is_err());
        let bad = thing_group("a/b").expect_err("a slash");
        assert_eq!(bad.what, "thingGroupName");
        assert!(description("").is_ok() && description("A meter, DN 80 (m3/h).").is_ok());
        for bad in ["a\nb", "Zähler", &"x".repeat(2_029)] {
            assert!(description(bad).is_err(), "{bad}");
        }
    }
}
