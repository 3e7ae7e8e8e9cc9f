// SPDX-License-Identifier: Apache-2.0
//! Which names an entry may have: files of a data folder, and nothing else on earth.

/// Most bytes of a name: an object's key below `blobs/`.
pub(crate) const NAME_BYTES_MAX: usize = 1024 + 16;

/// Most bytes of one part: what file systems take.
const PART_BYTES_MAX: usize = 255;

/// Files in a data folder itself.
const FILES: [&str; 2] = ["catalog.db", "ca.pem"];

/// Folders in a data folder, and whether they have folders in them.
const FOLDERS: [(&str, bool); 3] = [("secrets", false), ("log", false), ("blobs", true)];

/// Says what is wrong with a name, if anything is.
pub(crate) fn check(name: &str) -> Result<(), &'static str> {
    if name.is_empty() || name.len() > NAME_BYTES_MAX {
        return Err("has an empty or too long name");
    }
    if name.starts_with('/') {
        return Err("has an absolute path");
    }
    if name.chars().any(|c| c.is_control() || c == '\\') {
        return Err("has a control character or a backslash in its name");
    }
    for part in name.split('/') {
        match part {
            ".." => return Err("leads out of the folder"),
            "" | "." => return Err("has an empty part in its path"),
            part if part.len() > PART_BYTES_MAX => return Err("has a part that is too long"),
            _ => {}
        }
    }
    is_known(name)
        .then_some(())
        .ok_or("is no file of a data folder")
}

fn is_known(name: &str) -> bool {
    match name.split_once('/') {
        None => FILES.contains(&name),
        Some((folder, rest)) => FOLDERS
            .iter()
            .any(|(known, deep)| *known == folder && (*deep || !rest.contains('/'))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_a_data_folder() {
        let deep = format!("blobs/{}", "a/".repeat(400) + "b");
        for good in [
            "catalog.db",
            "ca.pem",
            "secrets/master.key",
            "log/00.seg",
            &deep,
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        let long = format!("blobs/{}", "a".repeat(256));
        let longer = format!("blobs/{}", "a/".repeat(600));
        for bad in [
            "",
            "/etc/passwd",
            "../x",
            "blobs/../../x",
            "blobs//x",
            "blobs/",
            "blobs",
            "log/a/b",
            "log/.",
            "run/lock",
            ".restoring",
            "catalog.db/x",
            "about.json",
            "blobs/a\0",
            "blobs/a\nb",
            "blobs\\x",
            &long,
            &longer,
        ] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }
}
