// SPDX-License-Identifier: Apache-2.0
//! What to try next, ready to be copied.

use super::Running;
use super::server::Server;
use super::story::Story;
use crate::cli::Failure;
use crate::simulate::imei;

/// Asks for a link to the page and prints all there is to try.
pub(super) async fn show(running: &Running, server: &Server, story: &Story) -> Result<(), Failure> {
    let program = std::env::args()
        .next()
        .unwrap_or_else(|| "headwater".to_owned());
    let data = server.data().display().to_string();
    let paint = story.paint;
    story.heading("Try it (in another terminal)")?;
    if let Some(http) = &running.doors.http {
        let link = running
            .client
            .create_link(&format!("/things/{}", imei(0)))
            .await?;
        story.line("The live chart of a meter, in a browser (this link opens once):")?;
        story.line(&format!(
            "  {}",
            paint.accent(&format!("http://localhost:{}{link}", http.port))
        ))?;
    }
    if let Some(postgres) = &running.doors.postgres {
        story.line("Any SQL tool:")?;
        let command = format!(
            "PGPASSWORD={} psql -h {} -p {} -U headwater headwater",
            running.keys.api_key, postgres.host, postgres.port
        );
        story.line(&format!("  {}", paint.accent(&command)))?;
        for statement in [
            "select * from telemetry where metric = 'FlowRate' order by time desc limit 10;",
            "select kind, outcome, cause, count(*) from events group by 1, 2, 3;",
        ] {
            story.line(&format!("  {}", paint.dim(statement)))?;
        }
    }
    story.line("Keys for aws, boto3 and psql in your shell:")?;
    let keys = format!("eval \"$({program} keys create --data {data} --format env)\"");
    story.line(&format!("  {}", paint.accent(&keys)))?;
    story.line(&format!("  {}", paint.accent("aws iot list-things")))?;
    story.line("Messages as they pass:")?;
    story.line(&format!(
        "  {}",
        paint.accent(&format!("{program} tail '#' --data {data}"))
    ))?;
    story.line("")?;
    story.line(&paint.bold("It goes on until Ctrl-C."))
}
