// SPDX-License-Identifier: Apache-2.0
//! Lives of a subscription tree, line by line as the target reads them.

use crate::Seeds;

/// A few that meet, and one of each limit.
pub fn all() -> Seeds {
    let filters = [
        "#",
        "+",
        "a",
        "a/#",
        "a/+",
        "a/b",
        "+/b",
        "+/+/#",
        "a/+/c",
        "/",
        "//",
        "/+",
        "$SYS/#",
        "$SYS/+",
        "$aws/things/+/shadow/#",
        "+/monitor/Clients",
        "ü/+",
    ];
    let names = [
        "a",
        "a/b",
        "a/b/c",
        "/",
        "//",
        "b",
        "$SYS",
        "$SYS/a",
        "$aws/things/m1/shadow/get",
        "ü/x",
        "a/",
        "/finance",
    ];
    let line = |command: &str, n: usize, text: &str| format!("{command}{}{text}\n", n % 8);
    let each = |command: &str, texts: &[&str]| -> String {
        texts
            .iter()
            .enumerate()
            .map(|(n, text)| line(command, n, text))
            .collect()
    };
    let ask = each("m", &names);
    let mut seeds = vec![
        [each("i", &filters), ask.clone()].concat(),
        [
            each("i", &filters),
            "s0\n".into(),
            each("r", &filters),
            ask.clone(),
        ]
        .concat(),
        [
            each("i", &filters[..6]),
            each("i", &filters[3..9]),
            ask.clone(),
        ]
        .concat(),
        [
            each("i", &["a+", "#/a", "a/#/b", "", "+a", "##"]),
            each("m", &["a+", "#", ""]),
        ]
        .concat(),
        line("i", 1, &"a/".repeat(127)) + &line("m", 1, &"a/".repeat(127)),
        line("i", 1, &"/".repeat(201)) + &line("m", 1, &"/".repeat(200)),
    ];
    seeds.extend(filters.map(|filter| line("i", 1, filter) + &ask));
    seeds.into_iter().map(String::into_bytes).collect()
}
