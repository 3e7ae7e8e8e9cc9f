// SPDX-License-Identifier: Apache-2.0
//! A query string whose parameters may repeat, taken apart by name.

use std::ops::RangeInclusive;

use crate::error::ApiError;

/// Parameters of one query string.
const PAIRS_MAX: usize = 64;

/// What is left of a query string.
pub(crate) struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// # Errors
    /// `Invalid` for more parameters than anybody needs.
    pub(crate) fn parse(query: &str) -> Result<Self, ApiError> {
        let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .take(PAIRS_MAX + 1)
            .collect();
        if pairs.len() > PAIRS_MAX {
            let message = format!("there are more than {PAIRS_MAX} parameters");
            return Err(ApiError::invalid(message));
        }
        Ok(Self(pairs))
    }

    /// All values of a parameter, in order.
    pub(crate) fn many(&mut self, name: &str) -> Vec<String> {
        let (found, rest) = std::mem::take(&mut self.0)
            .into_iter()
            .partition(|(found, _)| found == name);
        self.0 = rest;
        let found: Vec<(String, String)> = found;
        found.into_iter().map(|(_, value)| value).collect()
    }

    /// The value of a parameter that may stand there once.
    pub(crate) fn one(&mut self, name: &str) -> Result<Option<String>, ApiError> {
        let mut values = self.many(name);
        if values.len() > 1 {
            return Err(ApiError::invalid(format!("`{name}` is there twice")));
        }
        Ok(values.pop())
    }

    /// A whole number within bounds.
    pub(crate) fn number(
        &mut self,
        name: &str,
        default: u32,
        bounds: RangeInclusive<u32>,
    ) -> Result<u32, ApiError> {
        let Some(text) = self.one(name)? else {
            return Ok(default);
        };
        let number = text.parse().ok().filter(|number| bounds.contains(number));
        number.ok_or_else(|| {
            let (least, most) = bounds.into_inner();
            ApiError::invalid(format!("`{name}` is a whole number from {least} to {most}"))
        })
    }

    /// Refuses what is left.
    pub(crate) fn end(self) -> Result<(), ApiError> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => {
                let name: String = name.chars().take(64).collect();
                Err(ApiError::invalid(format!("there is no parameter `{name}`")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taken_apart() {
        let mut pairs = Pairs::parse("metric=a&metric=b%2Cc&n=5&x=1").expect("few");
        assert_eq!(pairs.many("metric"), ["a", "b,c"]);
        assert_eq!(pairs.number("n", 1, 1..=9), Ok(5));
        assert_eq!(pairs.number("m", 7, 1..=9), Ok(7));
        assert!(pairs.end().is_err(), "x is left");
        for number in [
            "0",
            "10",
            "-1",
            "1.0",
            "",
            "9223372036854775808",
            "18446744073709551616",
        ] {
            let mut pairs = Pairs::parse(&format!("n={number}")).expect("one");
            assert!(pairs.number("n", 1, 1..=9).is_err(), "{number}");
        }
        assert!(Pairs::parse("n=1&n=1").expect("two").one("n").is_err());
        assert!(Pairs::parse(&"a&".repeat(65)).is_err());
    }
}
