// SPDX-License-Identifier: Apache-2.0
//! `things credentials`: what a device needs to come in as a thing, told this one time.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use http::Method;
use serde_json::{Value, json};

use crate::cli::kept::file::{self, Wanted};
use crate::cli::objects::segment;
use crate::cli::server::ServerArgs;
use crate::cli::{Failure, block_on, note, print_line};

/// Make what a device needs to come in as a thing: certificate and key, or user name and password
///
/// It is ready to use, with a policy, and shown this once: --out writes ca.pem, device.pem and device.key
/// to a folder, for the device; --json prints all of it. Without them certificate and key, or the
/// password, go to stdout.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater things credentials pump-7 --out pump-7 --data ./data
  headwater things credentials pump-7 --way password --policy pumps --data ./data
  headwater things credentials pump-7 --csr pump-7.csr --out pump-7 --data ./data
  headwater things credentials pump-7 -f wanted.json --json --data ./data

A file has way (certificate or password), and may have policy and csr.")]
pub struct Credentials {
    /// Name of the thing
    name: String,
    /// How the device proves who it is
    #[arg(long, value_enum, default_value_t = Way::Certificate)]
    way: Way,
    /// A policy of the account [default: headwater-device, which is made if it is not there]
    #[arg(long, value_name = "NAME")]
    policy: Option<String>,
    /// A certificate signing request (PEM), for a key that the device keeps
    #[arg(long, value_name = "FILE")]
    csr: Option<PathBuf>,
    /// A JSON object with the same, in their place; `-` is stdin
    #[arg(short, long, value_name = "FILE", conflicts_with_all = ["way", "policy", "csr"])]
    file: Option<PathBuf>,
    /// Write ca.pem, device.pem and device.key, or ca.pem and password, to this folder
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Print all of it as an object for programs
    #[arg(long, conflicts_with = "out")]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Way {
    /// A certificate, as AWS IoT has it
    Certificate,
    /// User name and password, for simple clients
    Password,
}

impl Credentials {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let body = self.body()?;
        if let Some(folder) = &self.out {
            // Before anything is made: what can't be written would be lost.
            let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
            made.map_err(|error| unusable(folder, &error))?;
        }
        let made = block_on(async {
            let client = self.server.client()?;
            let path = format!("/api/v1/things/{}/credentials", segment(&self.name));
            Ok(client.ask(Method::POST, &path, Some(&body)).await?)
        })?;
        if self.json {
            return Ok(print_line(&format!("{made:#}"))?);
        }
        match &self.out {
            Some(folder) => self.write(folder, &made),
            None => self.print(&made),
        }
    }

    fn body(&self) -> Result<Value, Failure> {
        if let Some(path) = &self.file {
            let wanted = Wanted {
                one: "thing's credentials",
                members: &["way", "policy", "csr"],
            };
            let mut objects = file::objects(path, &file::text(path)?, wanted)?;
            return match (objects.pop(), objects.is_empty()) {
                (Some(one), true) => Ok(one),
                _ => Err(Failure::usage(format!(
                    "{} must have one object",
                    path.display()
                ))),
            };
        }
        let way = match self.way {
            Way::Certificate => "certificate",
            Way::Password => "password",
        };
        let csr = self.csr.as_deref().map(file::text).transpose()?;
        Ok(json!({"way": way, "policy": self.policy, "csr": csr}))
    }

    fn print(&self, made: &Value) -> Result<(), Failure> {
        for (_, text, _) in files(made) {
            print_line(text.trim_end())?;
        }
        note(&format!(
            "Thing {} comes in with this by policy {}; what is secret in it is shown this once.",
            self.name,
            made["policy"].as_str().unwrap_or_default()
        ));
        Ok(())
    }

    fn write(&self, folder: &Path, made: &Value) -> Result<(), Failure> {
        let ca = made["ca_pem"].as_str().unwrap_or_default();
        let all = files(made).into_iter().chain([("ca.pem", ca, false)]);
        for (name, text, secret) in all {
            let path = folder.join(name);
            let mode = if secret { 0o600 } else { 0o644 };
            let mut options = OpenOptions::new();
            let file = options.write(true).create(true).truncate(true).mode(mode);
            let written = file.open(&path);
            let written = written.and_then(|mut file| file.write_all(text.as_bytes()));
            if let Err(error) = written {
                // It is told no second time: rather here than nowhere.
                print_line(&format!("{made:#}"))?;
                return Err(unusable(&path, &error));
            }
            note(&format!("Wrote {}.", path.display()));
        }
        Ok(())
    }
}

/// What only the device gets: name of the file, text, whether it is secret.
fn files(made: &Value) -> Vec<(&'static str, &str, bool)> {
    let (certificate, password) = (&made["certificate"], &made["password"]);
    let files = [
        ("device.pem", certificate["pem"].as_str(), false),
        ("device.key", certificate["private_key_pem"].as_str(), true),
        ("password", password["password"].as_str(), true),
    ];
    files
        .into_iter()
        .filter_map(|(name, text, secret)| Some((name, text?, secret)))
        .collect()
}

fn unusable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::failed(format!("{} can't be written: {error}", path.display()))
}
