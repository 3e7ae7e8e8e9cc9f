// SPDX-License-Identifier: Apache-2.0
//! Documents that are refused, and what the refusal says.

use hw_policy::{DOCUMENT_CHARACTERS_MAX, Document, PolicyError};

/// A document around one statement's elements.
fn with(elements: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{{{elements}}}]}}"#)
}

const REST: &str = r#""Action":"iot:Publish","Resource":"*""#;

#[test]
fn each_defect_is_named() {
    let effect = |rest: &str| with(&format!(r#""Effect":"Allow",{rest}"#));
    let condition = |c: &str| effect(&format!(r#"{REST},"Condition":{c}"#));
    for (document, part) in [
        (String::new(), "not valid JSON"),
        ("[]".into(), "an object is expected, not a list"),
        ("{}".into(), "Statement is missing"),
        (r#"{"Statement":[]}"#.into(), "the list is empty"),
        (
            r#"{"Statement":"x"}"#.into(),
            "an object is expected, not a string",
        ),
        (
            r#"{"Version":"2013","Statement":[]}"#.into(),
            "\"2013\" is unknown",
        ),
        (
            r#"{"Version":2012,"Statement":[]}"#.into(),
            "Version: a string is expected",
        ),
        (
            r#"{"Id":1,"Statement":[]}"#.into(),
            "Id: a string is expected",
        ),
        (
            r#"{"Statements":[]}"#.into(),
            "unknown element \"Statements\"",
        ),
        (with(REST), "Statement[0]: Effect is missing"),
        (
            with(&format!(r#""Effect":"allow",{REST}"#)),
            "Statement[0].Effect: it must be",
        ),
        (effect(r#""Resource":"*""#), "Action is missing"),
        (effect(r#""Action":"iot:Publish""#), "Resource is missing"),
        (
            effect(&format!(r#"{REST},"NotAction":"*""#)),
            "Action and NotAction exclude",
        ),
        (
            effect(&format!(r#"{REST},"NotResource":"*""#)),
            "Resource and NotResource exclude",
        ),
        (
            effect(&format!(r#"{REST},"Principal":"*""#)),
            "Principal is not allowed",
        ),
        (
            effect(&format!(r#"{REST},"Sid":1"#)),
            "Sid: a string is expected, not a number",
        ),
        (
            effect(&format!(r#"{REST},"Extra":1"#)),
            "unknown element \"Extra\"",
        ),
        (
            effect(r#""Action":[],"Resource":"*""#),
            "Statement[0].Action: the list is empty",
        ),
        (
            effect(r#""Action":"Publish","Resource":"*""#),
            "\"Publish\" is not an action",
        ),
        (
            effect(r#""Action":"*","Resource":"topic/a""#),
            "\"topic/a\" is not a resource",
        ),
        (
            effect(r#""Action":"*","Resource":[1]"#),
            "Resource: a string or a list of strings",
        ),
        (condition("[]"), "Condition: an object is expected"),
        (
            condition(r#"{"StringEqual":{"a":"b"}}"#),
            "\"StringEqual\" is no condition operator",
        ),
        (
            condition(r#"{"ForSome:StringEquals":{"a":"b"}}"#),
            "\"ForSome\" is no prefix",
        ),
        (
            condition(r#"{"NullIfExists":{"a":"true"}}"#),
            "Null takes neither",
        ),
        (
            condition(r#"{"StringEquals":"a"}"#),
            "StringEquals: an object is expected",
        ),
        (
            condition(r#"{"StringEquals":{"a":[]}}"#),
            "[\"a\"]: the list of values is empty",
        ),
        (condition(r#"{"StringEquals":{"a":null}}"#), "not null"),
        (
            condition(r#"{"IpAddress":{"a":"10.0.0.0/99"}}"#),
            "an address or a range",
        ),
        (
            condition(r#"{"NumericEquals":{"a":"x"}}"#),
            "a number is expected",
        ),
        (condition(r#"{"DateEquals":{"a":"x"}}"#), "a date as"),
        (
            condition(r#"{"Bool":{"a":"x"}}"#),
            "\"true\" or \"false\" is expected",
        ),
        (
            condition(r#"{"BinaryEquals":{"a":"*"}}"#),
            "base64 is expected",
        ),
    ] {
        match Document::parse(&document) {
            Ok(_) => panic!("accepted: {document}"),
            Err(error) => {
                let text = error.to_string();
                assert!(text.contains(part), "{document}\n says {text}\n not {part}");
            }
        }
    }
}

#[test]
fn a_second_key_never_hides_a_first() {
    for document in [
        r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"},"Statement":
            {"Effect":"Allow","Action":"*","Resource":"*"}}"#
            .to_owned(),
        with(&format!(r#""Effect":"Deny","Effect":"Allow",{REST}"#)),
        with(&format!(
            r#""Effect":"Allow",{REST},"Condition":{{"Bool":{{"a":"true","a":"false"}}}}"#
        )),
    ] {
        let error = Document::parse(&document).unwrap_err();
        assert!(matches!(error, PolicyError::DuplicateKey(_)), "{error}");
    }
}

#[test]
fn the_limit_counts_characters_that_are_not_blank() {
    let of_size = |size: usize| {
        let empty = with(&format!(r#""Sid":"","Effect":"Allow",{REST}"#));
        let fill = "é".repeat(size - empty.chars().count());
        let full = empty.replace(r#""Sid":"""#, &format!(r#""Sid":"{fill}""#));
        full.replace(',', ",\n    ")
    };
    assert!(Document::parse(&of_size(DOCUMENT_CHARACTERS_MAX)).is_ok());
    let large = of_size(DOCUMENT_CHARACTERS_MAX + 1);
    assert!(matches!(
        Document::parse(&large),
        Err(PolicyError::TooLong {
            found: 2_049,
            max: 2_048
        })
    ));
    assert!(Document::parse_large(&large).is_ok());
}
