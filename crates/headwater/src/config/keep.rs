// SPDX-License-Identifier: Apache-2.0
//! Which messages the tables hold: `all`, `off`, or a file with a topic filter a line. A line that
//! begins with `# ` is a comment; a lone `#` is the filter.

use std::path::Path;

use hw_broker::Keep;
use hw_model::{AccountId, topic};

use super::{ConfigError, read_text};

/// Reads the setting, and its file if it names one.
pub(super) fn parse(text: &str) -> Result<Keep, ConfigError> {
    match text {
        "all" => return Ok(Keep::All),
        "off" => return Ok(Keep::Off),
        _ => {}
    }
    let lines = read_text(Path::new(text))?;
    let filters = lines.lines().map(str::trim);
    let filters = filters.filter(|line| !line.is_empty() && !line.starts_with("# "));
    let checked = filters
        .enumerate()
        .map(|(n, filter)| match topic::check_filter(filter) {
            Ok(()) => Ok(filter.to_owned()),
            Err(error) => Err(ConfigError::value(
                "keep",
                format!("{text}, filter {}: {filter}: {error}", n + 1),
            )),
        });
    let filters = checked.collect::<Result<_, _>>()?;
    Ok(Keep::Filters([(AccountId::FIRST, filters)].into()))
}
