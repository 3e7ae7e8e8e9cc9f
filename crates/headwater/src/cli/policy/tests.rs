// SPDX-License-Identifier: Apache-2.0
//! Golden lines: what goes in and, word for word, what comes out.

use super::*;

/// Question lines and answer lines, in the same order; blank lines are no questions.
const QUESTIONS: &str = include_str!("golden/questions.jsonl");
const ANSWERS: &str = include_str!("golden/answers.jsonl");

fn run(input: &str) -> (bool, String) {
    let mut out = Vec::new();
    let bad = answer(input.as_bytes(), &mut out).unwrap();
    (bad, String::from_utf8(out).unwrap())
}

#[test]
fn golden() {
    let (bad, answers) = run(QUESTIONS);
    assert!(bad, "some of the lines are bad on purpose");
    for (number, (got, expected)) in answers.lines().zip(ANSWERS.lines()).enumerate() {
        assert_eq!(got, expected, "answer {}", number + 1);
    }
    assert_eq!(answers.lines().count(), ANSWERS.lines().count());
}

#[test]
fn a_document_may_be_a_string() {
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]}"#;
    let line = json!({"policies": [document], "action": "iot:Publish", "resource": "arn:aws:iot:r:1:topic/a"});
    let (bad, answer) = run(&line.to_string());
    assert!(
        !bad && answer.starts_with(r#"{"decision":"ALLOWED","#),
        "{answer}"
    );
}

#[test]
fn bytes_that_are_not_utf_8_are_a_bad_line() {
    let mut out = Vec::new();
    assert!(answer(&b"\xff\xfe\n"[..], &mut out).unwrap());
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "{\"error\":\"line 1: not UTF-8\"}\n"
    );
}

#[test]
fn nothing_in_nothing_out() {
    assert_eq!(run(""), (false, String::new()));
    assert_eq!(run("\n \n"), (false, String::new()));
}
