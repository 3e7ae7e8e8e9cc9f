// SPDX-License-Identifier: Apache-2.0
//! Flattening against serde_json as the oracle, by the table of cases, and on arbitrary bytes.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

type Row = (String, Option<f64>, Option<String>);

fn rows(payload: &[u8]) -> (Payload, Vec<Row>, Cut) {
    let mut leaves = Leaves::default();
    let payload = flatten(payload, &mut leaves);
    let row = |leaf: Leaf<'_>| {
        (
            leaf.metric.to_owned(),
            leaf.value,
            leaf.text.map(str::to_owned),
        )
    };
    (payload, leaves.iter().map(row).collect(), leaves.cut())
}

fn number(metric: &str, value: f64) -> Row {
    (metric.to_owned(), Some(value), None)
}

fn text(metric: &str, text: &str) -> Row {
    (metric.to_owned(), None, Some(text.to_owned()))
}

#[test]
fn leaves_have_paths_and_kinds() {
    let (payload, rows, cut) = rows(
        br#" {"a":[{"b":1.5},true,null,"x"],"t":false,"":{"n":-2e3},"e":{},"l":[],"\u00e9\n":"\ud83d\ude00"} "#,
    );
    assert_eq!((payload, cut), (Payload::Json, Cut::default()));
    let expected = [
        number("a.0.b", 1.5),
        number("a.1", 1.0),
        text("a.3", "x"),
        number("t", 0.0),
        number(".n", -2000.0),
        text("é\n", "😀"),
    ];
    assert_eq!(rows, expected);
}

#[test]
fn bare_values_are_called_value() {
    assert_eq!(rows(b"21.5").1, [number("value", 21.5)]);
    assert_eq!(rows(b" true\n").1, [number("value", 1.0)]);
    assert_eq!(rows(br#""on""#).1, [text("value", "on")]);
    assert_eq!(rows(b"null"), (Payload::Json, vec![], Cut::default()));
    assert_eq!(rows(b"[7]").1, [number("0", 7.0)]);
}

#[test]
fn numbers_that_no_double_holds_keep_their_digits() {
    let both = |digits: &str| {
        let (_, rows, _) = rows(digits.as_bytes());
        (rows[0].1, rows[0].2.clone())
    };
    assert_eq!(
        both("9007199254740992"),
        (Some(9_007_199_254_740_992.0), None)
    );
    for digits in [
        "9007199254740993",
        "-9007199254740993",
        "123456789012345678901234567890",
    ] {
        assert_eq!(both(digits), (digits.parse().ok(), Some(digits.to_owned())));
    }
    assert_eq!(both("1e999"), (None, Some("1e999".into())));
    assert_eq!(both("0.1e1"), (Some(1.0), None));
    assert_eq!(
        both("3.141592653589793238"),
        (Some(std::f64::consts::PI), None)
    );
}

#[test]
fn a_repeated_key_gives_each_of_its_leaves() {
    let (_, rows, _) = rows(br#"{"a":1,"a":2,"b":{"c":3},"b":null}"#);
    assert_eq!(
        rows,
        [number("a", 1.0), number("a", 2.0), number("b.c", 3.0)]
    );
}

#[test]
fn limits_cut_and_count() {
    let many = format!("[{}1]", "1,".repeat(299));
    let (payload, kept, cut) = rows(many.as_bytes());
    assert_eq!(
        (payload, kept.len(), cut.many),
        (Payload::Json, LEAVES_MAX, 44)
    );

    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(rows(nested(DEPTH_MAX).as_bytes()).1.len(), 1);
    let (_, kept, cut) = rows(nested(DEPTH_MAX + 1).as_bytes());
    assert_eq!((kept.len(), cut.deep), (0, 1));
    assert_eq!(rows(nested(NESTING_MAX).as_bytes()).0, Payload::Json);
    let too_deep = rows(nested(NESTING_MAX + 1).as_bytes()).0;
    assert_eq!(too_deep, Payload::Broken(Broken::Nested));
    assert_eq!(
        rows("[".repeat(1 << 20).as_bytes()).0,
        Payload::Broken(Broken::Nested)
    );

    let named = |bytes: usize| format!(r#"{{"{}":"x","b":2}}"#, "k".repeat(bytes));
    assert_eq!(rows(named(METRIC_BYTES_MAX).as_bytes()).1.len(), 2);
    let (_, kept, cut) = rows(named(METRIC_BYTES_MAX + 1).as_bytes());
    assert_eq!((kept, cut.named), (vec![number("b", 2.0)], 1));
}

#[test]
fn only_what_promises_json_is_called_broken() {
    let broken = [
        (&b"{"[..], Broken::Ends),
        (b"{\"a\":1", Broken::Ends),
        (b"{\"a\" 1}", Broken::Colon),
        (b"{a:1}", Broken::Key),
        (b"{\"a\":1,}", Broken::Key),
        (b"[1 2]", Broken::Comma),
        (b"[1}", Broken::Comma),
        (b"[1,]", Broken::Value),
        (b"[01]", Broken::Number),
        (b"[1.]", Broken::Number),
        (b"[-]", Broken::Number),
        (b"[1e]", Broken::Number),
        (b"[NaN]", Broken::Value),
        (b"[\"\t\"]", Broken::Control),
        (b"[\"\\x\"]", Broken::Escape),
        (b"\"a", Broken::Ends),
        (b"{} {}", Broken::Trailing),
        (b"{}\0", Broken::Trailing),
        (b"[\"\xff\"]", Broken::NotUtf8),
    ];
    for (payload, why) in broken {
        let text = String::from_utf8_lossy(payload);
        assert_eq!(
            rows(payload),
            (Payload::Broken(why), vec![], Cut::default()),
            "{text}"
        );
    }
    for other in [
        &b""[..],
        b"  ",
        b"2019-02-21",
        b"20 C",
        b"-",
        b"tea",
        b"nul",
        b"on",
        b"\xff",
        b"<x/>",
        b"1.2.3",
    ] {
        assert_eq!(rows(other), (Payload::Other, vec![], Cut::default()));
    }
}

/// What DESIGN asks for, from serde_json's tree.
fn oracle(value: &Value, path: &str, depth: usize, out: &mut Vec<(usize, Row)>) {
    let join = |name: &str| {
        if depth == 0 {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    let name = if depth == 0 { BARE_METRIC } else { path };
    match value {
        Value::Null => {}
        Value::Bool(flag) => out.push((depth, number(name, f64::from(u8::from(*flag))))),
        Value::String(words) => out.push((depth, text(name, words))),
        Value::Number(n) => {
            let digits = n.to_string();
            let large = !n.is_f64()
                && digits
                    .trim_start_matches('-')
                    .parse::<u64>()
                    .is_ok_and(|n| n > 1 << 53);
            out.push((
                depth,
                (name.to_owned(), n.as_f64(), large.then_some(digits)),
            ));
        }
        Value::Array(list) => {
            list.iter()
                .enumerate()
                .for_each(|(n, value)| oracle(value, &join(&n.to_string()), depth + 1, out));
        }
        Value::Object(map) => map
            .iter()
            .for_each(|(key, value)| oracle(value, &join(key), depth + 1, out)),
    }
}

fn expected(value: &Value) -> Vec<Row> {
    let mut all = Vec::new();
    oracle(value, "", 0, &mut all);
    let kept = |(depth, row): &(usize, Row)| *depth <= DEPTH_MAX && row.0.len() <= METRIC_BYTES_MAX;
    all.into_iter()
        .filter(kept)
        .map(|(_, row)| row)
        .take(LEAVES_MAX)
        .collect()
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1_000_000i64..1_000_000, 0i32..6)
            .prop_map(|(n, e)| Value::from(n as f64 / 10f64.powi(e))),
        any::<f64>()
            .prop_filter("a JSON number", |f| f.is_finite())
            .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(10, 200, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec(("[a-zé\"\\\\\u{1}.]{0,40}", inner), 0..8)
                .prop_map(|list| Value::Object(list.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn agrees_with_serde_json(value in any_json(), pretty in any::<bool>()) {
        let json = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        let (payload, rows, _) = rows(json.expect("a tree can be written").as_bytes());
        prop_assert_eq!(payload, Payload::Json);
        prop_assert_eq!(rows, expected(&value));
    }

    #[test]
    fn damaged_json_is_judged_as_serde_json_does(value in any_json(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut json = serde_json::to_vec(&value).expect("a tree can be written");
        let at = at.index(json.len());
        json[at] = byte;
        let (payload, _, _) = rows(&json);
        let theirs = serde_json::from_slice::<Value>(&json);
        let excused = theirs.as_ref().is_err_and(|error| {
            ["surrogate", "out of range", "recursion", "hex escape"].iter().any(|word| error.to_string().contains(word))
        });
        prop_assert!((payload == Payload::Json) == theirs.is_ok() || excused, "{:?} {:?}", payload, theirs);
    }

    #[test]
    fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..400), start in "[\\[{\"]?") {
        rows(&[start.as_bytes(), &bytes].concat());
    }
}
