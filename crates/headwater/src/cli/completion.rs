// SPDX-License-Identifier: Apache-2.0
//! `completion`: a script that completes commands and flags in a shell.

use clap::Args;
use clap_complete::Shell;

use super::Failure;

/// Print a script that completes commands and flags in a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater completion bash > ~/.local/share/bash-completion/completions/headwater
  headwater completion zsh > \"${fpath[1]}/_headwater\"
  headwater completion fish > ~/.config/fish/completions/headwater.fish")]
pub struct Completion {
    /// Which shell
    shell: Shell,
}

impl Completion {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::command(), "headwater", &mut script);
        Ok(super::print(&String::from_utf8_lossy(&script))?)
    }
}
