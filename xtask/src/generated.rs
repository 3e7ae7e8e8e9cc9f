// SPDX-License-Identifier: Apache-2.0
//! The files that the built binary prints: which they are, how they are made, and making them.

use std::path::{Path, PathBuf};
use std::process::Command;

/// (file in the repository, arguments of `headwater` that print it).
pub const FILES: &[(&str, &[&str])] = &[
    ("docs/aws-coverage.md", &["docs", "aws-coverage"]),
    ("docs/openapi.json", &["docs", "openapi"]),
    ("docs/config.default.toml", &["config", "print-default"]),
];

/// The built binary: `HEADWATER_BIN`, or the dev build of this workspace.
pub fn binary(root: &Path) -> Option<PathBuf> {
    let path = match std::env::var_os("HEADWATER_BIN") {
        Some(path) => PathBuf::from(path),
        None => {
            let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
            target
                .unwrap_or_else(|| root.join("target"))
                .join("debug/headwater")
        }
    };
    path.is_file().then_some(path)
}

/// What the binary prints for these arguments.
pub fn print(binary: &Path, args: &[&str]) -> Result<String, String> {
    let command = format!("headwater {}", args.join(" "));
    let out = Command::new(binary)
        .args(args)
        .output()
        .map_err(|e| format!("cannot run {}: {e}", binary.display()))?;
    if !out.status.success() {
        let why = String::from_utf8_lossy(&out.stderr);
        return Err(format!(
            "`{command}` failed: {}",
            why.lines().next().unwrap_or("no message")
        ));
    }
    String::from_utf8(out.stdout).map_err(|_| format!("`{command}` printed no UTF-8"))
}

/// Writes every generated file anew.
pub fn write_all(root: &Path) -> Result<(), String> {
    let binary = binary(root)
        .ok_or("headwater is not built: run `cargo build --workspace --bins` first".to_owned())?;
    for (path, args) in FILES {
        let text = print(&binary, args)?;
        let file = root.join(path);
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|e| format!("cannot make {}: {e}", folder.display()))?;
        }
        std::fs::write(&file, text).map_err(|e| format!("cannot write {path}: {e}"))?;
        println!("{path}");
    }
    Ok(())
}
