// SPDX-License-Identifier: Apache-2.0
//! The words that the repository does without, each with what to do instead. This file alone is
//! not searched for them.

/// This file, as `tree` names it.
pub const HERE: &str = "xtask/src/tidy/word_list.rs";

/// Names of files and folders that say nothing.
pub const EMPTY_NAMES: &[&str] = &["utils", "util", "common", "helpers", "helper", "misc"];

/// A word that must not stand in a text file.
pub struct Word {
    /// The text looked for.
    pub text: &'static str,
    /// Upper and lower case are the same.
    pub any_case: bool,
    /// What to do instead.
    pub instead: &'static str,
}

const fn mark(text: &'static str) -> Word {
    Word {
        text,
        any_case: false,
        instead: "do it now, or write an issue",
    }
}

const fn phrase(text: &'static str) -> Word {
    Word {
        text,
        any_case: true,
        instead: "this is the real system: do it",
    }
}

const fn machine_path(text: &'static str) -> Word {
    let instead = "a path of one machine: take it from an argument, or use a temporary folder";
    Word {
        text,
        any_case: false,
        instead,
    }
}

const fn registry(text: &'static str) -> Word {
    let instead = "package registries are named in lock files only";
    Word {
        text,
        any_case: true,
        instead,
    }
}

/// The list.
pub const WORDS: &[Word] = &[
    mark("TODO"),
    mark("FIXME"),
    mark("XXX"),
    mark("HACK"),
    mark("unimplemented!"),
    mark("todo!"),
    phrase("in a real system"),
    phrase("in a real implementation"),
    machine_path("/work/"),
    machine_path("/root/"),
    machine_path("/tmp/hw"),
    registry("crates.io"),
    registry("index.crates.io"),
    registry("static.crates.io"),
    registry("pypi.org"),
    registry("files.pythonhosted.org"),
    registry("registry.npmjs.org"),
    registry("proxy.golang.org"),
];

/// Files that are not searched: written by a tool, or not ours to word.
pub const EXEMPT_NAMES: &[&str] = &["Cargo.lock", "package-lock.json", "LICENSE", "LICENCE"];
