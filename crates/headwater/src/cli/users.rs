// SPDX-License-Identifier: Apache-2.0
//! `users`: people who sign in: list, make, reset a lost password, change a role, remove.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use http::Method;
use hw_identity::host_names::{in_url, is_local};
use serde_json::{Value, json};

use super::kept::{FromFile, List, Show, USERS};
use super::objects::segment;
use super::server::ServerArgs;
use super::{Failure, block_on, note};
use crate::client::{Client, Doors};

/// People who sign in with a password
#[derive(Debug, Subcommand)]
pub enum Users {
    /// List users
    #[command(after_help = "\
Example:
  headwater users ls --data ./data")]
    Ls(List),
    /// Print one
    #[command(after_help = "\
Example:
  headwater users show ada --json --data ./data > ada.json")]
    Show(Show),
    /// Make a user; prints the link with which the person chooses a password
    #[command(after_help = "\
Examples:
  headwater users create ada --role read --data ./data
  headwater users create -f ada.json --data ./data

A file has name and role, as `show --json` prints them.")]
    Create(Create),
    /// Change a role from a file, as `show --json` prints it
    #[command(after_help = "\
Example:
  headwater users change -f ada.json --data ./data")]
    Change(FromFile),
    /// Print a link with which a user chooses a new password
    #[command(after_help = "\
Example:
  headwater users reset ada --data ./data

The old password is good until the link is opened; then every session of the user ends.")]
    Reset(Named),
    /// Change what a user may do
    #[command(after_help = "\
Example:
  headwater users role ada admin --data ./data")]
    Role(ChangeRole),
    /// Remove a user, and sign out everywhere
    #[command(after_help = "\
Example:
  headwater users rm ada --data ./data")]
    Rm(Named),
}

/// Whom to make.
#[derive(Debug, Args)]
pub struct Create {
    /// The name to sign in with: letters, digits and . _ @ + -
    #[arg(required_unless_present = "file")]
    name: Option<String>,
    /// What the person may do
    #[arg(long, value_enum, default_value_t = Role::Read)]
    role: Role,
    /// A JSON object with name and role, or an array of them, in their place; `-` is stdin
    #[arg(short, long, value_name = "FILE", conflicts_with_all = ["name", "role"])]
    file: Option<PathBuf>,
    /// Print what the server answers for programs: the user, and the link's path
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

/// Whom to change.
#[derive(Debug, Args)]
pub struct ChangeRole {
    /// User name
    name: String,
    /// What the person may do from now on
    #[arg(value_enum)]
    role: Role,
    #[command(flatten)]
    server: ServerArgs,
}

/// Who it is about.
#[derive(Debug, Args)]
pub struct Named {
    /// User name
    name: String,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Role {
    /// Everything in the account
    Admin,
    /// Look, and change nothing
    Read,
}

impl Role {
    fn word(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Read => "read",
        }
    }
}

fn path(name: &str) -> String {
    format!("/api/v1/users/{}", segment(name))
}

impl Users {
    pub(super) fn run(&self) -> Result<(), Failure> {
        block_on(async {
            match self {
                Self::Ls(list) => USERS.ls(list).await,
                Self::Show(show) => USERS.show(show).await,
                Self::Create(user) => user.run().await,
                Self::Change(from) => USERS.change(from).await,
                Self::Reset(named) => {
                    let client = named.server.client()?;
                    let path = path(&named.name) + "/link";
                    let link = client.ask(Method::POST, &path, None).await?;
                    print_link(&client, &link).await
                }
                Self::Role(change) => {
                    let body = json!({"role": change.role.word()});
                    let client = change.server.client()?;
                    client
                        .ask(Method::PATCH, &path(&change.name), Some(&body))
                        .await?;
                    let (name, role) = (&change.name, change.role.word());
                    Ok(super::print_line(&format!("{name} has role {role} now."))?)
                }
                Self::Rm(named) => {
                    let client = named.server.client()?;
                    client.ask(Method::DELETE, &path(&named.name), None).await?;
                    Ok(super::print_line(&format!("Removed {}.", named.name))?)
                }
            }
        })
    }
}

impl Create {
    async fn run(&self) -> Result<(), Failure> {
        if let Some(file) = &self.file {
            let from = FromFile::new(file.clone(), self.json, self.server.clone());
            return USERS.create(&from).await;
        }
        let client = self.server.client()?;
        let body = json!({"name": self.name, "role": self.role.word()});
        let made = client.ask(Method::POST, "/api/v1/users", Some(&body));
        let made = made.await?;
        if self.json {
            return Ok(super::print_line(&format!("{made:#}"))?);
        }
        print_link(&client, &made["link"]).await
    }
}

/// Prints a link to stdout, whole, and what it is to stderr.
pub(super) async fn print_link(client: &Client, link: &Value) -> Result<(), Failure> {
    let site = site(&client.doors().await?)?;
    let path = link["path"].as_str().unwrap_or_default();
    super::print_line(&format!("{site}{path}"))?;
    note("It opens once, within 24 hours.");
    if let Some(elsewhere) = elsewhere(client).await {
        note(&format!("From another computer: {elsewhere}{path}"));
    }
    Ok(())
}

/// The site by the name or address that works from most places beyond the server's machine.
async fn elsewhere(client: &Client) -> Option<String> {
    let reach = client.ask(Method::GET, "/api/v1/reach", None).await.ok()?;
    let port = reach["ports"]["https"].as_u64()?;
    if reach["loopback_only"]["https"] != false {
        return None;
    }
    let host = reach["hosts"].as_array()?.iter().find(|host| {
        host["covered"] == true && !is_local(host["name"].as_str().unwrap_or_default())
    })?;
    let host = host["name"].as_str()?;
    Some(format!("https://{}:{port}", in_url(host)))
}

/// Where a browser on this machine finds the console.
pub(super) fn site(doors: &Doors) -> Result<String, Failure> {
    let plain = doors
        .http
        .as_ref()
        .map(|door| format!("http://localhost:{}", door.port));
    plain.or_else(|| doors.aws_url()).ok_or_else(|| {
        Failure::failed(
            "neither the http nor the https door is open, so that no browser can open the link",
        )
    })
}
