// SPDX-License-Identifier: Apache-2.0
//! JSON payloads: what meters send, every form of value, and what is nearly JSON.

use crate::Seeds;

/// All of them.
pub fn all() -> Seeds {
    let good = [
        r#"{"SerialNumber":"866191037731759","BatteryVoltage":"2080mV","FlowRate":0.0037,"Date":"21/02/2019 16:14:10"}"#,
        r#"{"a":{"b":[1,-2.5e3,{"c":true,"d":null}],"e":"x\n\u00fc\ud83d\ude00\\\"\/"},"a":0}"#,
        r#"[9007199254740993,-9007199254740993,0.1,1e22,1E-400,123456789012345678901234567890,-0]"#,
        r#""text""#,
        "  -17.25 ",
        "true",
        "null",
        "{}",
        "[[],{},[[]]]",
        r#"{"":{"":1},"a.b":2}"#,
    ];
    let bad = [
        "{",
        "[1,]",
        r#"{"a" 1}"#,
        r#"{"a":01}"#,
        "1.",
        "\"\t\"",
        r#""\x""#,
        r#""\ud800""#,
        r#""\ud800\u0041""#,
        "1e999",
        "tru",
        "{} x",
        "12 litres",
        "",
        r#"{1:2}"#,
    ];
    let deep =
        |open: &str, close: &str, levels: usize| open.repeat(levels) + "1" + &close.repeat(levels);
    let many: Vec<String> = (0..300).map(|n| n.to_string()).collect();
    let made = [
        deep("[", "]", 9),
        deep("{\"k\":", "}", 8),
        deep("[", "]", 1_025),
        format!("[{}]", many.join(",")),
        format!("{{\"{}\":1,\"{}\":2}}", "n".repeat(128), "n".repeat(129)),
    ];
    let texts = good.into_iter().chain(bad).map(String::from).chain(made);
    texts
        .map(String::into_bytes)
        .chain([b"\"\xFF\"".to_vec(), b"\0\x01".to_vec()])
        .collect()
}
