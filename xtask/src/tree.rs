// SPDX-License-Identifier: Apache-2.0
//! The text files of the repository as git sees them: tracked ones, and new ones that are not
//! ignored, so that a finding shows before the commit and not after it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A text file of the repository.
#[derive(Debug, Clone)]
pub struct File {
    /// Relative to the repository, with `/`.
    pub path: String,
    /// Its whole content.
    pub text: String,
}

impl File {
    /// The file name without its folder.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// What stands after the last dot of the name; empty without a dot.
    pub fn extension(&self) -> &str {
        self.name()
            .rsplit_once('.')
            .map_or("", |(_, extension)| extension)
    }
}

/// All text files, in the order of their paths.
#[derive(Debug, Default)]
pub struct Tree {
    /// The repository's folder.
    pub root: PathBuf,
    /// Its text files; binary ones are left out.
    pub files: Vec<File>,
}

impl Tree {
    /// Reads the repository at `root`; needs git.
    pub fn read(root: &Path) -> Result<Self, String> {
        let out = Command::new("git")
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .current_dir(root)
            .output()
            .map_err(|e| format!("cannot run git in {}: {e}", root.display()))?;
        if !out.status.success() {
            let why = String::from_utf8_lossy(&out.stderr);
            return Err(format!("git ls-files failed: {}", why.trim()));
        }
        let mut paths: Vec<String> = String::from_utf8_lossy(&out.stdout)
            .split('\0')
            .filter(|path| !path.is_empty())
            .map(str::to_owned)
            .collect();
        paths.sort();
        paths.dedup();
        let files = paths
            .into_iter()
            .filter_map(|path| read_text(root, path))
            .collect();
        Ok(Self {
            root: root.to_owned(),
            files,
        })
    }

    /// A tree from (path, text) pairs, for the checks' own tests.
    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let files = files
            .iter()
            .map(|(path, text)| File {
                path: (*path).to_owned(),
                text: (*text).to_owned(),
            })
            .collect();
        Self {
            root: PathBuf::new(),
            files,
        }
    }
}

/// None for a binary file, and for one that is deleted but still in the index.
fn read_text(root: &Path, path: String) -> Option<File> {
    let bytes = std::fs::read(root.join(&path)).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    if text.contains('\0') {
        return None;
    }
    Some(File { path, text })
}

#[cfg(test)]
mod tests {
    use super::Tree;

    #[test]
    fn names_and_extensions() {
        let tree = Tree::of(&[("a/b.tar.gz", ""), ("Makefile", "")]);
        assert_eq!(
            (tree.files[0].name(), tree.files[0].extension()),
            ("b.tar.gz", "gz")
        );
        assert_eq!(
            (tree.files[1].name(), tree.files[1].extension()),
            ("Makefile", "")
        );
    }
}
