// SPDX-License-Identifier: Apache-2.0
//! The demo's server as a process of its own, which can be lost and started again.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::net::unix::pipe::Receiver;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::cli::{Failure, note};
use crate::config::ServeArgs;

/// How long it may take to stop before the demo goes without it.
const STOP_SECONDS_MAX: u64 = 4;
/// Its pipes close a moment before it can be waited for.
const LAST_MOMENT: Duration = Duration::from_millis(5);
/// What a command's last words begin with.
const ERROR: &str = "error: ";

/// A server that was started. It ends, in order, when this is dropped or the demo dies: it watches
/// its standard input, which `process` holds the other end of.
pub(super) struct Child {
    process: std::process::Child,
    hearing: JoinHandle<Words>,
    words: Option<Words>,
}

/// What it said on stderr.
#[derive(Debug, Clone, Default)]
struct Words {
    anything: bool,
    /// Why it ended, as commands say it.
    error: Option<String>,
}

/// How it ended.
#[derive(Debug)]
pub(super) struct Ended {
    status: ExitStatus,
    words: Words,
}

impl Child {
    /// Starts it, with the priority of the calling thread. What is returned beside it resolves when every door is open, and fails if that
    /// will not be.
    pub(super) fn spawn(settings: &ServeArgs) -> io::Result<(Self, oneshot::Receiver<()>)> {
        let mut command = Command::new(program()?);
        command.args(["serve", "--demo"]);
        // Ctrl-C is for the demo, which counts once more before it lets the server go.
        command.process_group(0);
        for (name, value) in settings.environment() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if std::env::var_os("HEADWATER_LOG").is_none() {
            command.env("HEADWATER_LOG", "error");
        }
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = piped.stderr(Stdio::piped()).spawn()?;
        let said = lines(process.stdout.take())?;
        let told = lines(process.stderr.take())?;
        let (tell_ready, ready) = oneshot::channel();
        tokio::spawn(first(said, tell_ready));
        let child = Self {
            process,
            hearing: tokio::spawn(hear(told)),
            words: None,
        };
        Ok((child, ready))
    }

    /// Waits for its end. May be dropped and called again.
    pub(super) async fn ended(&mut self) -> Result<Ended, Failure> {
        let words = match &self.words {
            Some(words) => words.clone(),
            None => (&mut self.hearing).await.unwrap_or_default(),
        };
        self.words = Some(words.clone());
        loop {
            match self.process.try_wait() {
                Ok(Some(status)) => return Ok(Ended { status, words }),
                Ok(None) => sleep(LAST_MOMENT).await,
                Err(error) => {
                    let why = format!("how the server ended can't be known: {error}");
                    return Err(Failure::failed(why));
                }
            }
        }
    }

    /// Lets it end in order; how many seconds that took. One that does not is killed.
    pub(super) async fn stop(mut self) -> Result<f64, Failure> {
        let began = Instant::now();
        drop(self.process.stdin.take());
        let limit = Duration::from_secs(STOP_SECONDS_MAX);
        match timeout(limit, self.ended()).await {
            Ok(ended) => match ended? {
                ended if ended.status.success() => Ok(began.elapsed().as_secs_f64()),
                ended => Err(ended.failure()),
            },
            Err(_) => {
                let killed = self.process.kill();
                let why = format!("the server did not stop in {STOP_SECONDS_MAX} s");
                if let Err(error) = killed {
                    return Err(Failure::failed(format!("{why}, and stays: {error}")));
                }
                self.ended().await?;
                Err(Failure::failed(format!("{why} and was killed")))
            }
        }
    }
}

impl Ended {
    /// Whether it was killed as it stood, as the plug does it.
    pub(super) fn by_kill(&self) -> bool {
        self.status.signal() == Some(libc::SIGKILL)
    }

    /// Its end was not wanted: what it said last.
    pub(super) fn failure(&self) -> Failure {
        let status = self.status;
        Failure::failed(match &self.words {
            Words { error: Some(e), .. } => format!("the server has ended ({status}): {e}"),
            Words { anything: true, .. } => {
                format!("the server has ended ({status}); what it said last stands above")
            }
            Words { .. } => format!("the server has ended ({status})"),
        })
    }
}

/// This program, also when another build has taken its place since.
fn program() -> io::Result<PathBuf> {
    let program = std::env::current_exe()?;
    match program.exists() {
        true => Ok(program),
        false => Ok("/proc/self/exe".into()),
    }
}

type End = Lines<BufReader<Receiver>>;

fn lines(end: Option<impl Into<OwnedFd>>) -> io::Result<End> {
    let end = end.ok_or(io::ErrorKind::BrokenPipe)?;
    Ok(BufReader::new(Receiver::from_owned_fd(end.into())?).lines())
}

/// A server says one line when it is ready, and what follows is not for the demo.
async fn first(mut said: End, ready: oneshot::Sender<()>) {
    if let Ok(Some(_)) = said.next_line().await {
        let _ = ready.send(());
    }
    while let Ok(Some(_)) = said.next_line().await {}
}

/// Gives on what the server tells, as it comes, but for its last words.
async fn hear(mut told: End) -> Words {
    let mut words = Words::default();
    while let Ok(Some(line)) = told.next_line().await {
        match line.strip_prefix(ERROR) {
            Some(error) => words.error = Some(error.to_owned()),
            None => {
                words.anything = true;
                note(&line);
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(wait_status: i32, error: Option<&str>, anything: bool) -> Ended {
        Ended {
            status: ExitStatus::from_raw(wait_status),
            words: Words {
                anything,
                error: error.map(str::to_owned),
            },
        }
    }

    #[test]
    fn a_kill_is_told_from_other_ends() {
        assert!(ended(libc::SIGKILL, None, false).by_kill());
        assert!(!ended(libc::SIGTERM, None, false).by_kill());
        assert!(!ended(0, None, false).by_kill());
    }

    #[test]
    fn last_words() {
        let of = |ended: Ended| ended.failure().to_string();
        let full = of(ended(1 << 8, Some("the disk is full"), true));
        assert_eq!(
            full,
            "the server has ended (exit status: 1): the disk is full"
        );
        let broken = of(ended(libc::SIGABRT, None, true));
        assert!(
            broken.ends_with("what it said last stands above"),
            "{broken}"
        );
        assert_eq!(
            of(ended(0, None, false)),
            "the server has ended (exit status: 0)"
        );
    }
}
