// SPDX-License-Identifier: Apache-2.0
//! The real psql, where it is installed: what people type and what they see.

use std::process::{Command, Output, Stdio};

use hw_query::{Limits, PgLimits};

use crate::fake::World;
use crate::server::{KEY, Server};

/// psql on the server, or `None` where there is none.
pub async fn psql(server: &Server, key: &str, args: &[&str]) -> Option<Output> {
    let mut command = Command::new("psql");
    command
        .args(["-X", "-h", "127.0.0.1", "-p", &server.addr.port().to_string()])
        .args(["-U", "ann", "-d", "headwater"])
        .args(args)
        .env("PGPASSWORD", key)
        .env("PGCONNECT_TIMEOUT", "10")
        .env_remove("PGSSLMODE")
        .stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output()).await;
    match output.expect("no panic") {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("psql is not installed: nothing is tested with it");
            None
        }
        Err(error) => panic!("psql: {error}"),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What psql prints for a command that must succeed.
async fn prints(server: &Server, command: &str) -> Option<String> {
    let output = psql(server, KEY, &["-c", command]).await?;
    let errors = text(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{command}: {errors}");
    Some(text(&output.stdout))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backslash_commands() {
    let server = Server::start(World::small(Limits::default()), PgLimits::default()).await;
    for command in [
        "\\d", "\\dt", "\\dt+", "\\d telemetry", "\\d+ telemetry", "\\d messages", "\\dn", "\\dn+",
        "\\l", "\\df", "\\df pg_catalog.abs", "\\du", "\\dv", "\\di", "\\ds", "\\dT", "\\dx", "\\dp", "\\conninfo", "\\encoding",
        "\\dd", "\\db", "\\dS pg_class", "\\dm", "\\do", "\\dC", "\\sv x"
    ] {
        let Some(output) = psql(&server, KEY, &["-E", "-c", command]).await else { return };
        eprintln!("=== {command}\n{}{}", text(&output.stdout), text(&output.stderr));
    }
}
