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
        .args([
            "-X",
            "-h",
            "127.0.0.1",
            "-p",
            &server.addr.port().to_string(),
        ])
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
    assert!(
        output.status.success() && errors.is_empty(),
        "{command}: {errors}"
    );
    Some(text(&output.stdout))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backslash_commands() {
    let server = Server::start(World::small(Limits::default()), PgLimits::default()).await;
    let Some(printed) = prints(&server, "\\d telemetry").await else {
        return;
    };
    assert_eq!(
        printed,
        "                      Table \"public.telemetry\"
 Column |           Type           | Collation | Nullable | Default 
--------+--------------------------+-----------+----------+---------
 time   | timestamp with time zone |           | not null | 
 thing  | text                     |           |          | 
 metric | text                     |           |          | 
 value  | double precision         |           |          | 
 text   | text                     |           |          | 

"
    );
    for (command, part) in [
        (
            "\\d",
            " public | messages  | table | headwater\n public | telemetry | table | headwater\n(2 rows)",
        ),
        ("\\dt", " public | telemetry | table | headwater"),
        ("\\dt+", "| A row per leaf of a JSON payload.\n(2 rows)"),
        (
            "\\d+ telemetry",
            "| plain    |             |              | When, in UTC.",
        ),
        (
            "\\d messages",
            " payload | bytea                    |           |          | \n size    | bigint ",
        ),
        ("\\dn", " public | headwater\n(1 row)"),
        ("\\dn+", " public | headwater |"),
        ("\\l", " headwater | headwater | UTF-8 "),
        ("\\df", "List of functions"),
        ("\\du", " 000000000001 |"),
        (
            "\\conninfo",
            "You are connected to database \"headwater\" as user \"ann\"",
        ),
        ("\\encoding", "UTF8"),
        ("\\dx", "(0 rows)"),
        ("\\dp", " public | telemetry | table |"),
    ] {
        let printed = prints(&server, command).await.expect("was there before");
        assert!(printed.contains(part), "{command} prints\n{printed}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements() {
    let server = Server::start(World::small(Limits::default()), PgLimits::default()).await;
    let sql = "SELECT time, value FROM telemetry WHERE thing = 'a' ORDER BY 1 LIMIT 1";
    let Some(printed) = prints(&server, sql).await else {
        return;
    };
    assert!(
        printed.contains(" 2019-02-21 16:00:00+00 |     1\n(1 row)"),
        "{printed}"
    );
    let several =
        "BEGIN; SET application_name = 'x'; SHOW application_name; COMMIT; SELECT 1 AS one";
    let printed = prints(&server, several).await.expect("was there before");
    let words: Vec<&str> = printed.split_whitespace().collect();
    assert!(
        printed.starts_with("BEGIN\nSET\n") && printed.contains("COMMIT\n"),
        "{printed}"
    );
    assert!(
        words.ends_with(&["one", "-----", "1", "(1", "row)"]),
        "{printed}"
    );
    let printed = prints(
        &server,
        "SELECT encode(payload, 'hex'), payload FROM messages",
    )
    .await;
    let printed = printed.unwrap_or_default();
    assert!(printed.contains("\\x7b22666c6f77223a317d00ff"), "{printed}");

    for (sql, error) in [
        (
            "SELECT * FROM nope",
            "ERROR:  relation \"nope\" does not exist",
        ),
        ("SELEC 1", "ERROR:  syntax error: "),
        (
            "DELETE FROM telemetry",
            "ERROR:  DELETE is refused: SQL is read-only here",
        ),
        ("COPY telemetry TO '/tmp/x'", "ERROR:  COPY is refused"),
        (
            "SET TimeZone = 'Europe/Berlin'",
            "ERROR:  times are in UTC here",
        ),
    ] {
        let output = psql(&server, KEY, &["-c", sql])
            .await
            .expect("was there before");
        let printed = text(&output.stderr);
        assert!(
            !output.status.success() && printed.contains(error),
            "{sql}: {printed}"
        );
    }
    let refused = psql(&server, "wrong", &["-c", "SELECT 1"])
        .await
        .expect("was there before");
    assert_eq!(refused.status.code(), Some(2));
    let printed = text(&refused.stderr);
    assert!(
        printed.contains("FATAL:  password authentication failed for user \"ann\""),
        "{printed}"
    );
    server.stop().await;
}
