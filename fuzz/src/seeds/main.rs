// SPDX-License-Identifier: Apache-2.0
//! Writes the inputs that each target starts from: `seeds FOLDER` fills `FOLDER/TARGET`. They are
//! made here, by the encoders of the crates and from a fixed seed, the same every time.

use std::path::Path;
use std::process::ExitCode;

mod doors;
mod json;
mod packets;
mod policies;
mod postgres;
mod records;
mod requests;
mod topics;

use hw_fuzz::Noise;

type Seeds = Vec<Vec<u8>>;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("usage: seeds FOLDER");
        return ExitCode::from(2);
    };
    match write_all(Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("seeds can't be written to {}: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}

fn write_all(folder: &Path) -> std::io::Result<()> {
    let all: [(&str, Seeds); 13] = [
        ("mqtt_decode", packets::all()),
        ("session_input", packets::conversations()),
        ("topic_match", topics::all()),
        ("policy_text", policies::all()),
        ("policy_decide", choices(400)),
        ("log_recovery", choices(200)),
        ("backup_archive", choices(200)),
        ("sigv4", requests::all()),
        ("json_flatten", json::all()),
        ("record_decode", records::all()),
        ("pg_messages", postgres::all()),
        ("websocket_frames", doors::frames()),
        ("proxy_header", doors::headers()),
    ];
    for (target, seeds) in all {
        let folder = folder.join(target);
        std::fs::create_dir_all(&folder)?;
        for (n, seed) in seeds.iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{n:03}")), seed)?;
        }
    }
    Ok(())
}

/// For targets whose bytes are choices any bytes do.
fn choices(bytes_max: usize) -> Seeds {
    let mut noise = Noise::new(1);
    (1..=32).map(|n| noise.bytes(bytes_max * n / 32)).collect()
}
