// SPDX-License-Identifier: Apache-2.0
//! Names of condition operators, and which family tests what.

use std::cmp::Ordering;
use std::fmt;

use super::{arn, binary, boolean, date, ip, numeric, string};
use crate::Context;
use crate::template::Template;

/// An operator with its prefix and suffix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) quantifier: Option<Quantifier>,
    name: &'static str,
    pub(super) test: Test,
    pub(super) negated: bool,
    if_exists: bool,
}

/// How the values of a key with several values are taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantifier {
    /// True for a key without values.
    ForAllValues,
    /// False for a key without values.
    ForAnyValue,
}

/// What one value of the key is tested for against one of the policy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    Text,
    TextIgnoringCase,
    Like,
    Number(Compare),
    Date(Compare),
    Bool,
    Binary,
    Ip,
    Arn,
    Null,
}

/// An order, as a set of outcomes that are fine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compare {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Compare {
    pub(super) fn accepts(self, order: Ordering) -> bool {
        match self {
            Compare::Equal => order.is_eq(),
            Compare::Less => order.is_lt(),
            Compare::LessOrEqual => order.is_le(),
            Compare::Greater => order.is_gt(),
            Compare::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// All operators: name, test, negated.
const OPERATORS: [(&str, Test, bool); 27] = [
    ("StringEquals", Test::Text, false),
    ("StringNotEquals", Test::Text, true),
    ("StringEqualsIgnoreCase", Test::TextIgnoringCase, false),
    ("StringNotEqualsIgnoreCase", Test::TextIgnoringCase, true),
    ("StringLike", Test::Like, false),
    ("StringNotLike", Test::Like, true),
    ("NumericEquals", Test::Number(Compare::Equal), false),
    ("NumericNotEquals", Test::Number(Compare::Equal), true),
    ("NumericLessThan", Test::Number(Compare::Less), false),
    (
        "NumericLessThanEquals",
        Test::Number(Compare::LessOrEqual),
        false,
    ),
    ("NumericGreaterThan", Test::Number(Compare::Greater), false),
    (
        "NumericGreaterThanEquals",
        Test::Number(Compare::GreaterOrEqual),
        false,
    ),
    ("DateEquals", Test::Date(Compare::Equal), false),
    ("DateNotEquals", Test::Date(Compare::Equal), true),
    ("DateLessThan", Test::Date(Compare::Less), false),
    (
        "DateLessThanEquals",
        Test::Date(Compare::LessOrEqual),
        false,
    ),
    ("DateGreaterThan", Test::Date(Compare::Greater), false),
    (
        "DateGreaterThanEquals",
        Test::Date(Compare::GreaterOrEqual),
        false,
    ),
    ("Bool", Test::Bool, false),
    ("BinaryEquals", Test::Binary, false),
    ("IpAddress", Test::Ip, false),
    ("NotIpAddress", Test::Ip, true),
    ("ArnEquals", Test::Arn, false),
    ("ArnLike", Test::Arn, false),
    ("ArnNotEquals", Test::Arn, true),
    ("ArnNotLike", Test::Arn, true),
    ("Null", Test::Null, false),
];

impl Operator {
    /// Reads `[ForAllValues:|ForAnyValue:]NAME[IfExists]`.
    pub(super) fn parse(text: &str) -> Result<Operator, String> {
        let (quantifier, rest) = match text.split_once(':') {
            Some(("ForAllValues", rest)) => (Some(Quantifier::ForAllValues), rest),
            Some(("ForAnyValue", rest)) => (Some(Quantifier::ForAnyValue), rest),
            Some((other, _)) => {
                return Err(format!(
                    "{other:?} is no prefix of an operator; use ForAllValues or ForAnyValue"
                ));
            }
            None => (None, text),
        };
        let (base, if_exists) = match rest.strip_suffix("IfExists") {
            Some(base) => (base, true),
            None => (rest, false),
        };
        let known = OPERATORS.iter().find(|(name, ..)| *name == base);
        let Some(&(name, test, negated)) = known else {
            return Err(format!(
                "{text:?} is no condition operator; as in \"StringEquals\""
            ));
        };
        if test == Test::Null && (if_exists || quantifier.is_some()) {
            return Err(format!(
                "{text:?}: Null takes neither a prefix nor IfExists"
            ));
        }
        Ok(Operator {
            quantifier,
            name,
            test,
            negated,
            if_exists,
        })
    }

    /// What it says of a key that the request does not have.
    pub(super) fn holds_when_absent(&self) -> bool {
        match self.quantifier {
            _ if self.if_exists => true,
            Some(Quantifier::ForAllValues) => true,
            Some(Quantifier::ForAnyValue) => false,
            None => self.negated,
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self.quantifier {
            Some(Quantifier::ForAllValues) => "ForAllValues:",
            Some(Quantifier::ForAnyValue) => "ForAnyValue:",
            None => "",
        })?;
        f.write_str(self.name)?;
        f.write_str(if self.if_exists { "IfExists" } else { "" })
    }
}

impl Test {
    /// Whether the request's `value` fits the policy's `wanted`.
    pub(super) fn fits(self, value: &str, wanted: &Template, context: &Context) -> bool {
        match self {
            Test::Text => string::equals(value, &wanted.text(context)),
            Test::TextIgnoringCase => string::equals_ignoring_case(value, &wanted.text(context)),
            Test::Like => wanted.pattern(context, &mut Vec::new()).matches(value),
            Test::Number(compare) => numeric::fits(value, &wanted.text(context), compare),
            Test::Date(compare) => date::fits(value, &wanted.text(context), compare),
            Test::Bool => boolean::equals(value, &wanted.text(context)),
            Test::Binary => binary::equals(value, &wanted.text(context)),
            Test::Ip => ip::contains(&wanted.text(context), value),
            Test::Arn => arn::like(value, &wanted.pattern(context, &mut Vec::new())),
            Test::Null => false,
        }
    }

    /// Refuses a constant value that could never fit.
    pub(super) fn check(self, wanted: &str) -> Result<(), String> {
        let expected = match self {
            Test::Number(_) if !numeric::is_valid(wanted) => "a number",
            Test::Date(_) if !date::is_valid(wanted) => "a date as 2026-01-31T12:00:00Z",
            Test::Bool | Test::Null if !boolean::is_valid(wanted) => "\"true\" or \"false\"",
            Test::Binary if !binary::is_valid(wanted) => "base64",
            Test::Ip if !ip::is_valid(wanted) => "an address or a range as 10.0.0.0/8",
            _ => return Ok(()),
        };
        Err(format!(
            "{wanted:?} does not fit the operator; {expected} is expected"
        ))
    }
}
