// SPDX-License-Identifier: Apache-2.0
//! Whether a server runs on the folder, of which release, and how its workers are.

use super::{Finding, Ground};

const CHECK: &str = "server";

pub(super) fn look(ground: &Ground) -> Vec<Finding> {
    let Some(status) = &ground.running else {
        let text = "no server runs on this folder: what only a running one knows was left out";
        return vec![Finding::ok(CHECK, text)];
    };
    let mut found = vec![version(status["version"].as_str().unwrap_or_default())];
    let workers = status["workers"].as_array().map_or(&[][..], Vec::as_slice);
    for worker in workers {
        let (name, state) = (
            &worker["name"],
            worker["state"].as_str().unwrap_or_default(),
        );
        if let Some(error) = worker["last_error"].as_str() {
            let name = name.as_str().unwrap_or_default();
            let text = format!("worker {name} is {state}: {error}");
            found.push(Finding::fail(
                CHECK,
                text,
                "mend what it names; the worker tries again by itself, one that has failed with \
                 the next start",
            ));
        }
    }
    if found.len() == 1 && !workers.is_empty() {
        let text = format!("{} workers, none failing", workers.len());
        found.push(Finding::ok(CHECK, text));
    }
    found
}

fn version(running: &str) -> Finding {
    let own = env!("CARGO_PKG_VERSION");
    if running == own {
        return Finding::ok(CHECK, format!("version {running} is running"));
    }
    Finding::warn(
        CHECK,
        format!("version {running} is running, and this program is {own}"),
        "restart the server with this program, or call that server's own",
    )
}
