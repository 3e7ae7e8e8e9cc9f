// SPDX-License-Identifier: Apache-2.0
//! Reads the dependencies out of a `Cargo.toml`, line by line: enough for the forms cargo's own
//! tools write, and without a TOML crate, so that `xtask` builds in a second.

/// A dependency as the manifest names it.
#[derive(Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The package's name (what `package = "…"` says, where a dependency is renamed).
    pub name: String,
    /// Line in the manifest, counted from 1.
    pub line: usize,
    /// Stands under `dev-dependencies`.
    pub dev: bool,
}

/// All dependencies, of every target.
pub fn dependencies(text: &str) -> Vec<Dependency> {
    let mut found: Vec<Dependency> = Vec::new();
    let mut section = Section::Other;
    for (index, raw) in text.lines().enumerate() {
        let line = raw.split('#').next().unwrap_or_default().trim();
        if let Some(header) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            section = Section::of(header);
            if let Section::One { dev, name } = &section {
                found.push(Dependency {
                    name: name.clone(),
                    line: index + 1,
                    dev: *dev,
                });
            }
        } else if let Some((key, value)) = line.split_once('=') {
            match section {
                Section::List { dev } => {
                    let key = key
                        .split('.')
                        .next()
                        .unwrap_or(key)
                        .trim()
                        .trim_matches('"');
                    let name = renamed(value).unwrap_or(key).to_owned();
                    found.push(Dependency {
                        name,
                        line: index + 1,
                        dev,
                    });
                }
                Section::One { .. } if key.trim() == "package" => {
                    if let Some(last) = found.last_mut() {
                        last.name = value.trim().trim_matches('"').to_owned();
                    }
                }
                _ => {}
            }
        }
    }
    found
}

enum Section {
    /// `[dependencies]`: a dependency per line.
    List {
        dev: bool,
    },
    /// `[dependencies.name]`: one dependency, its fields below.
    One {
        dev: bool,
        name: String,
    },
    Other,
}

impl Section {
    fn of(header: &str) -> Self {
        for kind in ["dev-dependencies", "build-dependencies", "dependencies"] {
            let dev = kind == "dev-dependencies";
            // `[target.'cfg(unix)'.dependencies]` ends in the kind, `[dependencies.x]` in a name.
            if header == kind || header.ends_with(&format!(".{kind}")) {
                return Self::List { dev };
            }
            let named = format!("{kind}.");
            if let Some(at) = header.find(&named)
                && (at == 0 || header[..at].ends_with('.'))
            {
                let name = header[at + named.len()..].trim_matches('"').to_owned();
                return Self::One { dev, name };
            }
        }
        Self::Other
    }
}

/// The value of `package = "…"` in an inline table.
fn renamed(value: &str) -> Option<&str> {
    let rest = value
        .split_once("package")?
        .1
        .trim_start()
        .strip_prefix('=')?;
    rest.trim_start().strip_prefix('"')?.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::dependencies;

    #[test]
    fn reads_every_form() {
        let text = "\
[package]
name = \"x\"
[dependencies]
a.workspace = true # note
b = { workspace = true, features = [\"f\"] }
c = { package = \"real-c\", version = \"1\" }
[dependencies.d]
version = \"1\"
[target.'cfg(unix)'.dependencies]
e = \"1\"
[dev-dependencies]
f = \"1\"
[features]
g = []
";
        let found: Vec<(String, usize, bool)> = dependencies(text)
            .into_iter()
            .map(|d| (d.name, d.line, d.dev))
            .collect();
        let expected = [
            ("a", 4, false),
            ("b", 5, false),
            ("real-c", 6, false),
            ("d", 7, false),
            ("e", 10, false),
            ("f", 12, true),
        ];
        let expected: Vec<(String, usize, bool)> = expected
            .iter()
            .map(|(n, l, d)| ((*n).to_owned(), *l, *d))
            .collect();
        assert_eq!(found, expected);
    }
}
