// SPDX-License-Identifier: Apache-2.0
//! The tenant: twelve digits, as in ARNs.

use std::fmt;
use std::str::FromStr;

/// An account (tenant). Every record, topic, table and query belongs to exactly one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u64);

/// The text was not twelve decimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an account id is twelve digits, as in 000000000001")]
pub struct BadAccountId;

impl AccountId {
    /// The account a fresh folder starts with.
    pub const FIRST: AccountId = AccountId(1);
    /// The greatest account id there is.
    pub const MAX: AccountId = AccountId(999_999_999_999);

    /// From its number; `None` above twelve digits.
    pub fn from_number(number: u64) -> Option<Self> {
        (number <= Self::MAX.0).then_some(Self(number))
    }

    /// Its number, for compact records.
    pub fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for AccountId {
    type Err = BadAccountId;

    fn from_str(text: &str) -> Result<Self, BadAccountId> {
        if text.len() != 12 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(BadAccountId);
        }
        text.parse().map(Self).map_err(|_| BadAccountId)
    }
}

impl serde::Serialize for AccountId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for AccountId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_digits_and_nothing_else() {
        assert_eq!(AccountId::FIRST.to_string(), "000000000001");
        assert_eq!(
            "123456789012".parse::<AccountId>().map(AccountId::number),
            Ok(123_456_789_012)
        );
        for bad in [
            "",
            "1",
            "1234567890123",
            "12345678901a",
            "+12345678901",
            " 23456789012",
        ] {
            assert_eq!(bad.parse::<AccountId>(), Err(BadAccountId), "{bad}");
        }
    }
}
