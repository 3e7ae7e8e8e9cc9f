// SPDX-License-Identifier: Apache-2.0
//! Bytes from outside: nothing panics, nothing takes long.

use hw_policy::{Action, Context, Document, LARGE_DOCUMENT_BYTES_MAX, Named, PolicySet};
use proptest::prelude::*;

/// Reads, and if it is a document, asks it everything once.
fn exercise(json: &str) {
    let Ok(document) = Document::parse_large(json) else {
        return;
    };
    let named = Named {
        name: "p".into(),
        version: None,
        document: document.into(),
    };
    let set = PolicySet::new(vec![named]);
    let context = Context {
        client_id: Some("c".into()),
        ..Context::default()
    };
    let resolved = set.resolve(&context);
    resolved.decide(Action::Receive, "arn:aws:iot:r:1:topic/", "a/b");
    resolved.receive_over_filter("arn:aws:iot:r:1:topic/", "a/+/#");
    let why = resolved.explain(Action::Publish, "arn:", "a").to_string();
    assert!(!why.contains('\n') && why.chars().count() <= 2_001);
}

/// JSON of the words of the language, in places where they may not belong.
fn json() -> impl Strategy<Value = String> {
    let word = prop::sample::select(
        &[
            "\"Statement\"",
            "\"Effect\"",
            "\"Allow\"",
            "\"Action\"",
            "\"iot:*\"",
            "\"Resource\"",
            "\"*\"",
            "\"${iot:ClientId}\"",
            "\"${\"",
            "\"Condition\"",
            "\"StringLike\"",
            "\"Null\"",
            "\"ForAllValues:DateEquals\"",
            "\"2012-10-17\"",
            "\"Version\"",
            "1",
            "null",
            "true",
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
        ][..],
    );
    prop::collection::vec(word, 0..40).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_text_is_answered(text in "\\PC{0,200}") {
        exercise(&text);
    }

    #[test]
    fn any_row_of_words_is_answered(text in json()) {
        exercise(&text);
    }

    #[test]
    fn any_texts_in_a_statement_are_answered(
        action in "\\PC{0,12}", resource in "[a:$*?{}\\PC]{0,24}",
        operator in "(ForAnyValue:|ForAllValues:)?(String|Date|Numeric|Arn)(Equals|Like|LessThan)",
        key in "iot:[A-Z\\[\\].]{0,12}", value in "\\PC{0,20}",
    ) {
        exercise(&serde_json::json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": ["iot:*", action], "Resource": resource,
            "Condition": {operator: {key: value}}}}).to_string());
        exercise(&serde_json::json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "*", "Resource": resource}}).to_string());
    }
}

#[test]
fn large_documents_are_bounded() {
    let with = |resource: String| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":
            {{"Effect":"Allow","Action":"*","Resource":"{resource}"}}}}"#
        )
    };
    exercise(&with(format!(":{}", "$".repeat(900_000))));
    exercise(&with(format!(":{}", "${".repeat(450_000))));
    exercise(&with(format!(":{}", "${a}".repeat(200_000))));
    exercise(&with("*a".repeat(450_000)));
    exercise(&"[".repeat(LARGE_DOCUMENT_BYTES_MAX));
    exercise(&r#"{"Condition":"#.repeat(50_000));
    assert!(Document::parse_large(&" ".repeat(LARGE_DOCUMENT_BYTES_MAX + 1)).is_err());
}
