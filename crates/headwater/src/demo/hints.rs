// SPDX-License-Identifier: Apache-2.0
//! What to try next, ready to be copied.

use super::Running;
use super::server::Server;
use super::story::Story;
use crate::cli::Failure;
use crate::cli::shell::quoted;

/// Asks for a link to the page and prints all there is to try.
pub(super) async fn show(running: &Running, server: &Server, story: &Story) -> Result<(), Failure> {
    let program = std::env::args()
        .next()
        .unwrap_or_else(|| "headwater".to_owned());
    let (program, data) = (
        quoted(&program),
        quoted(&server.data().display().to_string()),
    );
    story.heading("Try it (in another terminal)")?;
    if let Some(http) = &running.doors.http {
        // Whoever opens it may pull the plug of this demo.
        let asked = || running.client.create_link("/demo", "admin");
        let link = running.presence.ask(asked).await?;
        story.line("The console, in a browser (the link opens once):")?;
        command(story, &format!("http://localhost:{}{link}", http.port))?;
    }
    story.line("Keys for psql, aws and boto3 in a shell, and what to do with them:")?;
    command(
        story,
        &format!("eval \"$({program} keys create --data {data} --format env)\""),
    )?;
    if running.doors.postgres.is_some() {
        command(
            story,
            "psql -c \"select * from telemetry order by time desc limit 5\"",
        )?;
    }
    if running.doors.https.is_some() {
        command(story, "aws iot list-things")?;
    }
    story.line("SQL without psql, and messages as they pass:")?;
    let events = "select kind, outcome, count(*) from events group by 1, 2";
    command(
        story,
        &format!("{program} sql --data {data} \\\n    \"{events}\""),
    )?;
    command(story, &format!("{program} tail '#' --data {data}"))?;
    story.line("")?;
    story.line(&story.paint.bold("It goes on until Ctrl-C."))
}

fn command(story: &Story, text: &str) -> Result<(), Failure> {
    text.lines()
        .try_for_each(|line| story.line(&format!("  {}", story.paint.accent(line))))
}
