// SPDX-License-Identifier: Apache-2.0
//! The folder's formats: whether this release reads them, and whether its start will raise them.

use super::{Finding, Ground};
use crate::serve::formats::{self, Formats};

const CHECK: &str = "formats";

pub(super) fn look(ground: &Ground) -> Option<Finding> {
    let folder = &ground.config.data;
    if let Err(error) = formats::check(folder) {
        let cure = "install the release that it names, or restore a backup that was made before";
        return Some(Finding::fail(CHECK, error.to_string(), cure));
    }
    let found = Formats::of(folder).ok()??;
    let changes = found.changes(&Formats::current());
    let text = match changes.as_str() {
        "" => "the folder has the formats of this release".to_owned(),
        _ => format!(
            "the next start with this program brings the folder from headwater {} to {} \
             ({changes}): make a backup before",
            found.headwater,
            env!("CARGO_PKG_VERSION")
        ),
    };
    Some(Finding::ok(CHECK, text))
}

#[cfg(test)]
mod tests {
    use hw_model::Timestamp;

    use super::super::Level;
    use super::*;
    use crate::config::{Config, ServeArgs};

    fn finding(format_json: &str) -> Option<Finding> {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("format.json"), format_json).expect("written");
        let args = ServeArgs {
            data: Some(folder.path().to_owned()),
            ..ServeArgs::default()
        };
        look(&Ground {
            config: Config::load(&args).expect("settings"),
            now: Timestamp(0),
            running: None,
        })
    }

    #[test]
    fn an_older_folder_is_told_and_a_newer_one_refused() {
        let older = finding(r#"{"headwater": "0.0.9", "formats": {"catalog": 1}}"#);
        let older = older.expect("a finding");
        assert!(older.level == Level::Ok, "{older:?}");
        assert!(older.text.contains("0.0.9") && older.text.contains("catalog 1 →"));
        let newer = finding(r#"{"headwater": "9.0.0", "formats": {"catalog": 9999}}"#);
        let newer = newer.expect("a finding");
        assert!(
            newer.level == Level::Fail && newer.text.contains("9.0.0"),
            "{newer:?}"
        );
    }
}
