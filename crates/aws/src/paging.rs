// SPDX-License-Identifier: Apache-2.0
//! The two families of paging: nextToken with maxResults, marker with pageSize (and
//! isAscendingOrder). A token names its list and the last entry of the page, with its length so
//! that half a token is none; so pages stay right when entries come and go between them. Who makes
//! one up gets nothing by it: the account comes from the key, and what is behind a place is what a
//! list would show anyway.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hw_identity::page::{ByCreation, PAGE_MAX, Place};

use crate::error::AwsError;
use crate::input::Input;

/// Longest token that is looked at, in characters, as on AWS IoT.
const TOKEN_CHARACTERS_MAX: usize = 1_024;

/// The same of a list of topics, which have up to 65,535 bytes.
const TOPIC_TOKEN_CHARACTERS_MAX: usize = 88_000;

/// A token of `list` for the page behind `last`.
pub(crate) fn token(list: &str, last: &str) -> String {
    STANDARD.encode(format!("{list}\n{}\n{last}", last.len()))
}

/// A token of a list that is ordered by time of creation.
pub(crate) fn place_token(list: &str, place: &Place) -> String {
    token(list, &format!("{}\n{}", place.created_us, place.name))
}

/// (name behind which the page begins, page size) from `nextToken` and `maxResults`.
pub(crate) fn next_token(input: &Input, list: &str) -> Result<(Option<String>, usize), AwsError> {
    let names = ("nextToken", "maxResults");
    page(input, list, names, TOKEN_CHARACTERS_MAX)
}

/// The same for a list of topics.
pub(crate) fn next_topic(input: &Input, list: &str) -> Result<(Option<String>, usize), AwsError> {
    let names = ("nextToken", "maxResults");
    page(input, list, names, TOPIC_TOKEN_CHARACTERS_MAX)
}

/// (name behind which the page begins, page size) from `marker` and `pageSize`.
pub(crate) fn marker(input: &Input, list: &str) -> Result<(Option<String>, usize), AwsError> {
    page(input, list, ("marker", "pageSize"), TOKEN_CHARACTERS_MAX)
}

/// From `marker`, `pageSize` and `isAscendingOrder`; newest first unless asked otherwise.
pub(crate) fn by_creation(input: &Input, list: &str) -> Result<ByCreation, AwsError> {
    let (after, count) = marker(input, list)?;
    let place = |text: String| {
        let (created_us, name) = text.split_once('\n')?;
        let (created_us, name) = (created_us.parse().ok()?, name.to_owned());
        Some(Place { created_us, name })
    };
    let after = after
        .map(|text| place(text).ok_or_else(|| foreign("marker")))
        .transpose()?;
    Ok(ByCreation {
        ascending: input.flag("isAscendingOrder")?,
        after,
        count,
    })
}

fn page(
    input: &Input,
    list: &str,
    (token, size): (&str, &str),
    characters_max: usize,
) -> Result<(Option<String>, usize), AwsError> {
    let decode = |text: &str| {
        let bytes = STANDARD.decode(text).ok();
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok())?;
        let (of, rest) = text.split_once('\n')?;
        let (length, last) = rest.split_once('\n')?;
        let whole = of == list && length == last.len().to_string();
        whole.then(|| last.to_owned())
    };
    let after = input.query(token).map(|text| {
        let short = text.len() <= characters_max;
        let last = if short { decode(text) } else { None };
        last.ok_or_else(|| foreign(token))
    });
    let count = input.number(size)?.unwrap_or(PAGE_MAX as i64);
    if !(1..=PAGE_MAX as i64).contains(&count) {
        return Err(AwsError::invalid(format!(
            "{size} must be between 1 and {PAGE_MAX}"
        )));
    }
    Ok((after.transpose()?, count as usize))
}

fn foreign(token: &str) -> AwsError {
    AwsError::invalid(format!(
        "{token} is not one of this list; leave it out to begin at the beginning"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(pairs: &[(&str, &str)]) -> Input {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Input {
            query: pairs.iter().map(own).collect(),
            ..Input::default()
        }
    }

    #[test]
    fn tokens_come_back_to_their_own_list_alone() {
        let token = token("ListThings", "meter:1");
        let given = input(&[("nextToken", &token), ("maxResults", "7")]);
        let page = next_token(&given, "ListThings").expect("ours");
        assert_eq!(page, (Some("meter:1".to_owned()), 7));
        assert!(next_token(&given, "ListThingPrincipals").is_err());
        let place = Place {
            created_us: i64::MIN,
            name: "a\nb".into(),
        };
        let marker = place_token("ListPolicies", &place);
        let given = input(&[("marker", &marker), ("isAscendingOrder", "true")]);
        let by = by_creation(&given, "ListPolicies").expect("ours");
        assert_eq!((by.after, by.ascending, by.count), (Some(place), true, 250));
    }

    #[test]
    fn numbers_at_their_limits_and_made_up_tokens_are_refused() {
        for size in [
            "0",
            "-1",
            "251",
            "9223372036854775807",
            "-9223372036854775808",
            "9223372036854775808",
            "18446744073709551616",
            "1e2",
            " 1",
            "0x1",
            "NaN",
        ] {
            let given = input(&[("pageSize", size)]);
            assert_eq!(
                marker(&given, "L").expect_err("refused").code,
                "InvalidRequestException",
                "{size}"
            );
        }
        let long = "A".repeat(4_096);
        let topic = "t".repeat(65_535);
        let given = input(&[("nextToken", &super::token("L", &topic))]);
        assert_eq!(next_topic(&given, "L").expect("ours").0, Some(topic));
        assert!(next_token(&given, "L").is_err());
        for token in ["x", "====", "bm90aGluZw==", "TAo=A", "/+8=", &long] {
            let given = input(&[("marker", token)]);
            assert!(by_creation(&given, "L").is_err(), "{token}");
        }
    }
}
