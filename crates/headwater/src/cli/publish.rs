// SPDX-License-Identifier: Apache-2.0
//! `publish`: a message from the command line, as people publish: no policy is asked.

use std::path::PathBuf;

use clap::Args;
use http::Method;
use serde_json::{Value, json};

use super::kept::file::{self, Wanted};
use super::server::ServerArgs;
use super::{Failure, block_on, note, print_line};

/// Publish a message; prints its trace id when it is on disk
///
/// It is published as the owner of the folder, or of the key: `headwater explain` takes the trace id.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater publish devices/pump-7/commands '{\"open\": true}' --data ./data
  headwater publish devices/pump-7/state open --retain --data ./data
  headwater publish -f messages.json --data ./data

A file has topic and one of payload (any JSON), text and base64, and may have qos and retain.")]
pub struct Publish {
    /// Topic
    #[arg(required_unless_present = "file")]
    topic: Option<String>,
    /// Text
    #[arg(required_unless_present = "file")]
    text: Option<String>,
    /// Let the topic keep it, for who subscribes later
    #[arg(long)]
    retain: bool,
    /// A JSON object, or an array of them, in their place; `-` is stdin
    #[arg(short, long, value_name = "FILE", conflicts_with_all = ["topic", "text", "retain"])]
    file: Option<PathBuf>,
    /// Print what the server answers for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

impl Publish {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let messages = self.messages()?;
        block_on(async {
            let client = self.server.client()?;
            for message in &messages {
                let answer = client.ask(Method::POST, "/api/v1/messages", Some(message));
                let answer = answer.await?;
                if self.json {
                    print_line(&format!("{answer:#}"))?;
                    continue;
                }
                print_line(answer["trace_id"].as_str().unwrap_or_default())?;
                let topic = message["topic"].as_str().unwrap_or_default();
                note(&format!("Published to {topic}; this is its trace id."));
            }
            Ok(())
        })
    }

    fn messages(&self) -> Result<Vec<Value>, Failure> {
        if let Some(path) = &self.file {
            let wanted = Wanted {
                one: "message",
                members: &["topic", "payload", "text", "base64", "qos", "retain"],
            };
            return file::objects(path, &file::text(path)?, wanted);
        }
        Ok(vec![json!({
            "topic": self.topic,
            "text": self.text,
            "retain": self.retain,
        })])
    }
}
