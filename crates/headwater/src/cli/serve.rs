// SPDX-License-Identifier: Apache-2.0
//! `serve`: runs a server until Ctrl-C or SIGTERM.

use clap::Args;

use super::logging::LogArgs;
use super::{Failure, attended, block_on, ended, note};
use crate::config::{Config, ConfigError, ServeArgs};
use crate::machine::notify::Notify;
use crate::serve::{self, Endpoints};

/// Run a server
///
/// An empty folder becomes an account with its own certificate authority; nothing has to be set.
/// When it is ready it prints one line and writes DIR/run/endpoints.json; while nobody can sign in,
/// a second line has the link with which the first administrator chooses name and password, and a
/// third the same link for another computer, if the HTTPS door is open beyond this machine. Ctrl-C
/// or SIGTERM ends it in order. A service manager is told how it stands (sd_notify).
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater serve --data ./data
  headwater serve --data ./data --public-host water.example --listen-http off
  headwater serve --data ./data --config headwater.toml

`headwater config print-default` prints every setting, explained. --log debug says more.")]
pub struct Serve {
    #[command(flatten)]
    settings: ServeArgs,
    #[command(flatten)]
    log: LogArgs,
    /// For `headwater demo`: the API can kill this server, and it ends with its standard input
    #[arg(long, hide = true)]
    demo: bool,
}

impl Serve {
    pub(super) fn run(&self) -> Result<(), Failure> {
        self.log.start("info")?;
        let mut config = Config::load(&self.settings)?;
        config.demo = self.demo;
        block_on(async {
            let (stop, shutdown) = hw_kernel::shutdown::channel();
            let (demo, ended) = (self.demo, ended());
            tokio::spawn(async move {
                tokio::select! {
                    ended = ended => {
                        if let Err(failure) = ended {
                            note(&failure.message);
                        }
                    }
                    () = attended::starter_gone(), if demo => {}
                }
                stop.begin();
            });
            let ready = |endpoints: &Endpoints| {
                // A reader of stdout that has gone away must not end the server.
                let _ = super::print(&ready_lines(endpoints));
            };
            let notify = match demo {
                true => Notify::silent(),
                false => Notify::from_environment(),
            };
            serve::run(config, notify, shutdown, ready)
                .await
                .map_err(|error| Failure::failed(error.to_string()))
        })
    }
}

/// The line on stdout, and more while nobody can sign in: the link for this machine, and the same for
/// another. One write, so that who has read the first has all.
fn ready_lines(endpoints: &Endpoints) -> String {
    let ready = format!("Headwater is ready: {}", endpoints.line());
    match &endpoints.setup_link {
        None => format!("{ready}\n"),
        Some(link) => {
            let mut lines = format!(
                "{ready}\nSet up the first administrator (once, within 24 hours): {}\n",
                link.here
            );
            if let Some(elsewhere) = &link.elsewhere {
                lines += &format!("The same from another computer: {elsewhere}\n");
            }
            lines
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        match &error {
            ConfigError::File { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                Failure::not_found(error.to_string())
            }
            _ => Failure::usage(error.to_string()),
        }
    }
}
