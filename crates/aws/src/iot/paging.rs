// SPDX-License-Identifier: Apache-2.0
//! The two families of paging: nextToken with maxResults, marker with pageSize. A token is the
//! last name of the page, so that pages stay right when things come and go between them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::AwsError;
use crate::input::Input;

const PAGE_MAX: i64 = 250;

/// A token for the page behind `last`.
pub(crate) fn token(last: &str) -> String {
    URL_SAFE_NO_PAD.encode(last)
}

/// (name behind which the page begins, page size) from `nextToken` and `maxResults`.
pub(crate) fn next_token(input: &Input) -> Result<(Option<String>, usize), AwsError> {
    page(input, "nextToken", "maxResults")
}

/// (name behind which the page begins, page size) from `marker` and `pageSize`.
pub(crate) fn marker(input: &Input) -> Result<(Option<String>, usize), AwsError> {
    page(input, "marker", "pageSize")
}

fn page(input: &Input, token: &str, size: &str) -> Result<(Option<String>, usize), AwsError> {
    let decode = |text: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let name = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        name.ok_or_else(|| AwsError::invalid(format!("{token} is not one of this list")))
    };
    let after = input.query(token).map(decode).transpose()?;
    let count = input.number(size)?.unwrap_or(PAGE_MAX);
    if !(1..=PAGE_MAX).contains(&count) {
        return Err(AwsError::invalid(format!(
            "{size} must be between 1 and {PAGE_MAX}"
        )));
    }
    Ok((after, count as usize))
}
