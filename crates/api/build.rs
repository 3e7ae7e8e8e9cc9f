// SPDX-License-Identifier: Apache-2.0
//! Lists the built console, `console/dist`, for `src/site.rs`: each file as it is and compressed.
//! Without it the list is empty, and the server says how to build it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    let manifest = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let site = manifest.join("../../console/dist");
    println!("cargo::rerun-if-changed={}", site.display());
    let mut files = Vec::new();
    if site.is_dir() {
        walk(&site, &mut files)?;
    }
    files.sort();
    let mut list = String::from("&[\n");
    for file in &files {
        let name = file
            .strip_prefix(&site)
            .expect("it was found below")
            .to_string_lossy();
        let bytes = |path: &Path| format!("include_bytes!({:?})", path.to_string_lossy());
        let packed = |ending: &str| {
            let path = PathBuf::from(format!("{}.{ending}", file.display()));
            if path.is_file() {
                format!("Some({})", bytes(&path))
            } else {
                "None".to_owned()
            }
        };
        list += &format!(
            "    Embedded {{ path: {:?}, plain: {}, brotli: {}, gzip: {} }},\n",
            format!("/{name}"),
            bytes(file),
            packed("br"),
            packed("gz"),
        );
    }
    list += "]\n";
    fs::write(PathBuf::from(variable("OUT_DIR")).join("site.rs"), list)
}

fn variable(name: &str) -> String {
    std::env::var(name).expect("cargo sets it")
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let ending = path.extension().unwrap_or_default();
        if path.is_dir() {
            walk(&path, files)?;
        } else if ending != "br" && ending != "gz" {
            files.push(path);
        }
    }
    Ok(())
}
