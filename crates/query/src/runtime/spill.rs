// SPDX-License-Identifier: Apache-2.0
//! Disk for what does not fit memory: sorted runs, groups and sides of joins.

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use datafusion::common::{DataFusionError, Result};
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};

/// The manager of files in `folder`, which is emptied: what a crash left there belongs to nobody.
pub(super) fn disk(folder: Option<&Path>, bytes_max: u64) -> Result<DiskManagerBuilder> {
    let builder = DiskManagerBuilder::default();
    let Some(folder) = folder else {
        return Ok(builder.with_mode(DiskManagerMode::Disabled));
    };
    empty(folder).map_err(DataFusionError::IoError)?;
    Ok(builder
        .with_mode(DiskManagerMode::Directories(vec![folder.to_owned()]))
        .with_max_temp_directory_size(bytes_max))
}

fn empty(folder: &Path) -> std::io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // Rows of an account are nobody else's business.
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_goes_and_nobody_else_can_read() {
        use std::os::unix::fs::PermissionsExt;

        let place = std::env::temp_dir().join(format!("hw-spill-{}", std::process::id()));
        let folder = place.join("sql");
        fs::create_dir_all(folder.join("datafusion-x")).expect("makes");
        fs::write(folder.join("datafusion-x/run"), b"left").expect("writes");
        disk(Some(&folder), 1).expect("empties");
        assert_eq!(fs::read_dir(&folder).expect("is there").count(), 0);
        let mode = fs::metadata(&folder)
            .expect("is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o700);
        fs::remove_dir_all(place).expect("cleans up");
    }
}
