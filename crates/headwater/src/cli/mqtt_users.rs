// SPDX-License-Identifier: Apache-2.0
//! `mqtt-users`: devices without a certificate: add, list, change, give another password, remove.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Value, json};

use super::kept::{FromFile, List, MQTT_USERS, Show};
use super::objects::segment;
use super::server::ServerArgs;
use super::{Failure, block_on, note};

const PATH: &str = "/api/v1/mqtt-users";

/// Most bytes that are read for a password.
const PASSWORD_BYTES_MAX: u64 = 4096;

/// Devices that come in with user name and password instead of a certificate
#[derive(Debug, Subcommand)]
pub enum MqttUsers {
    /// Add one; prints the password that is made for it, this once
    #[command(after_help = "\
Examples:
  headwater mqtt-users add pump-7 --policy pumps --thing pump-7 --data ./data
  headwater mqtt-users add pump-7 --policy pumps --password-file ./password --data ./data")]
    Add(Add),
    /// Make one from a file, as `show --json` prints it; prints the password that is made for it, this once
    #[command(after_help = "\
Example:
  headwater mqtt-users create -f pump-7.json --data ./data

A file has name, policies and thing, and may have a password of at least 12 characters.")]
    Create(FromFile),
    /// Print one
    #[command(after_help = "\
Example:
  headwater mqtt-users show pump-7 --json --data ./data > pump-7.json")]
    Show(Show),
    /// List them
    #[command(after_help = "\
Example:
  headwater mqtt-users ls --data ./data")]
    Ls(List),
    /// Give one other policies and another thing; what is not named is taken away
    #[command(after_help = "\
Examples:
  headwater mqtt-users change pump-7 --policy pumps --policy alarms --data ./data
  headwater mqtt-users change -f pump-7.json --data ./data")]
    Change(Change),
    /// Give one another password; its connections end
    #[command(after_help = "\
Examples:
  headwater mqtt-users password pump-7 --data ./data
  headwater mqtt-users password pump-7 --password-file - --data ./data < ./password")]
    Password(Password),
    /// Remove one; its connections end
    #[command(after_help = "\
Example:
  headwater mqtt-users rm pump-7 --data ./data")]
    Rm(Named),
}

/// Whom to add.
#[derive(Debug, Args)]
pub struct Add {
    /// User name of CONNECT: letters, digits and . _ @ + : -
    name: String,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    given: Given,
    #[command(flatten)]
    server: ServerArgs,
}

/// What to change.
#[derive(Debug, Args)]
pub struct Change {
    /// User name
    #[arg(required_unless_present = "file")]
    name: Option<String>,
    #[command(flatten)]
    settings: Settings,
    /// A JSON object, or an array of them, in the place of the rest; `-` is stdin
    #[arg(short, long, value_name = "FILE", conflicts_with_all = ["name", "policies", "thing"])]
    file: Option<PathBuf>,
    /// Print what became of it for programs
    #[arg(long, requires = "file")]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

/// Whose password.
#[derive(Debug, Args)]
pub struct Password {
    /// User name
    name: String,
    #[command(flatten)]
    given: Given,
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

#[derive(Debug, Args)]
struct Settings {
    /// A policy that decides for it; may come more than once
    #[arg(long = "policy", value_name = "NAME")]
    policies: Vec<String>,
    /// The thing that it is
    #[arg(long, value_name = "NAME")]
    thing: Option<String>,
}

#[derive(Debug, Args)]
struct Given {
    /// Take the password from a file, or from stdin for `-`
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

fn path(name: &str) -> String {
    format!("{PATH}/{}", segment(name))
}

impl MqttUsers {
    pub(super) fn run(&self) -> Result<(), Failure> {
        block_on(async {
            match self {
                Self::Add(user) => {
                    let body = json!({
                        "name": user.name,
                        "password": user.given.password()?,
                        "policies": user.settings.policies,
                        "thing": user.settings.thing,
                    });
                    let client = user.server.client()?;
                    let made = client.ask(Method::POST, PATH, Some(&body)).await?;
                    if user.settings.policies.is_empty() {
                        note("It has no policy yet, so that it may do nothing.");
                    }
                    print_password(&made, &format!("Added {}.", user.name))
                }
                Self::Create(from) => MQTT_USERS.create(from).await,
                Self::Show(show) => MQTT_USERS.show(show).await,
                Self::Ls(list) => MQTT_USERS.ls(list).await,
                Self::Change(change) => change.run().await,
                Self::Password(password) => {
                    let body = json!({"password": password.given.password()?});
                    let client = password.server.client()?;
                    let path = path(&password.name) + "/password";
                    let made = client.ask(Method::PUT, &path, Some(&body)).await?;
                    print_password(&made, &format!("{} has another password.", password.name))
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

impl Change {
    async fn run(&self) -> Result<(), Failure> {
        if let Some(file) = &self.file {
            let from = FromFile::new(file.clone(), self.json, self.server.clone());
            return MQTT_USERS.change(&from).await;
        }
        let name = self.name.as_deref().unwrap_or_default();
        let body = json!({
            "policies": self.settings.policies,
            "thing": self.settings.thing,
        });
        let client = self.server.client()?;
        client.ask(Method::PUT, &path(name), Some(&body)).await?;
        Ok(super::print_line(&format!("Changed {name}."))?)
    }
}

impl Given {
    fn password(&self) -> Result<Option<String>, Failure> {
        self.password_file.as_deref().map(read).transpose()
    }
}

/// All of it, without the line break at its end.
fn read(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        let stdin = std::io::stdin().lock();
        stdin.take(PASSWORD_BYTES_MAX).read_to_string(&mut text)
    } else {
        let file = std::fs::File::open(path);
        file.and_then(|file| file.take(PASSWORD_BYTES_MAX).read_to_string(&mut text))
    };
    read.map_err(|error| {
        Failure::usage(format!(
            "the password can't be read from {}: {error}",
            path.display()
        ))
    })?;
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    Ok(text)
}

/// A password that was made goes to stdout, alone; else `done`.
fn print_password(made: &Value, done: &str) -> Result<(), Failure> {
    let Some(password) = made["password"].as_str() else {
        return Ok(super::print_line(done)?);
    };
    super::print_line(password)?;
    note(&format!(
        "{done} This is its password; it is shown this once."
    ));
    Ok(())
}
