// SPDX-License-Identifier: Apache-2.0
//! `users`: people who sign in: list, make, reset a lost password, change a role, remove.

use std::net::IpAddr;

use clap::{Args, Subcommand, ValueEnum};
use http::Method;
use serde_json::{Value, json};

use super::objects::{self, Column, segment};
use super::server::ServerArgs;
use super::{Failure, block_on, note};
use crate::client::Client;

/// People who sign in with a password
#[derive(Debug, Subcommand)]
pub enum Users {
    /// List users
    #[command(after_help = "\
Example:
  headwater users ls --data ./data")]
    Ls(List),
    /// Make a user; prints the link with which the person chooses a password
    #[command(after_help = "\
Example:
  headwater users create ada --role read --data ./data")]
    Create(Create),
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

/// Which server.
#[derive(Debug, Args)]
pub struct List {
    /// Print an array of objects for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

/// Whom to make.
#[derive(Debug, Args)]
pub struct Create {
    /// The name to sign in with: letters, digits and . _ @ + -
    name: String,
    /// What the person may do
    #[arg(long, value_enum, default_value_t = Role::Read)]
    role: Role,
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

const COLUMNS: &[Column] = &[
    ("name", "name"),
    ("role", "role"),
    ("created", "created"),
    ("password chosen", "password_changed"),
    ("last sign-in", "last_sign_in"),
];

fn path(name: &str) -> String {
    format!("/api/v1/users/{}", segment(name))
}

impl Users {
    pub(super) fn run(&self) -> Result<(), Failure> {
        block_on(async {
            match self {
                Self::Ls(list) => {
                    let client = list.server.client()?;
                    let answer = client.ask(Method::GET, "/api/v1/users", None).await?;
                    objects::show(&answer["users"], COLUMNS, list.json)
                }
                Self::Create(user) => {
                    let client = user.server.client()?;
                    let body = json!({"name": user.name, "role": user.role.word()});
                    let made = client.ask(Method::POST, "/api/v1/users", Some(&body));
                    print_link(&client, &made.await?["link"]).await
                }
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

/// Prints a link to stdout, whole, and what it is to stderr.
pub(super) async fn print_link(client: &Client, link: &Value) -> Result<(), Failure> {
    let doors = client.doors().await?;
    let path = link["path"].as_str().unwrap_or_default();
    let plain = doors
        .http
        .as_ref()
        .map(|door| format!("http://localhost:{}", door.port));
    let Some(site) = plain.or_else(|| doors.aws_url()) else {
        return Err(Failure::failed(
            "neither the http nor the https door is open, so that no browser can open the link",
        ));
    };
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
        let name = host["name"].as_str().unwrap_or_default();
        let loopback = name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        host["covered"] == true && name != "localhost" && !loopback
    })?;
    let host = host["name"].as_str()?;
    let host = match host.contains(':') {
        true => format!("[{host}]"),
        false => host.to_owned(),
    };
    Some(format!("https://{host}:{port}"))
}
