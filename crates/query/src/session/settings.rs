// SPDX-License-Identifier: Apache-2.0
//! The settings that `SET`, `SHOW` and `current_setting` know. An unknown name is an error, and so
//! is a value that would not be honoured.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::error::QueryError;

/// The PostgreSQL release whose behaviour clients are told to expect.
pub(crate) const SERVER_VERSION: &str = "15.0";

/// What values a setting takes.
enum Rule {
    /// Any text; it changes nothing but what `SHOW` says.
    Free,
    /// One of these, in any case.
    OneOf(&'static [&'static str]),
    /// One of these as its first word, in any case.
    Begins(&'static [&'static str]),
    /// A span of time, in milliseconds or with a unit.
    Span,
    /// Never to be set.
    Fixed,
}

/// Name as shown, value at first, values allowed.
const KNOWN: &[(&str, &str, Rule)] = &[
    ("application_name", "", Rule::Free),
    ("bytea_output", "hex", Rule::OneOf(&["hex", "escape"])),
    (
        "client_encoding",
        "UTF8",
        Rule::OneOf(&["UTF8", "UTF-8", "unicode"]),
    ),
    ("client_min_messages", "notice", Rule::Free),
    (
        "DateStyle",
        "ISO, YMD",
        Rule::Begins(&["ISO", "SQL", "Postgres", "German"]),
    ),
    (
        "default_transaction_isolation",
        "read committed",
        Rule::Free,
    ),
    (
        "default_transaction_read_only",
        "on",
        Rule::OneOf(&["on", "true", "1", "yes"]),
    ),
    ("default_table_access_method", "heap", Rule::Fixed),
    (
        "extra_float_digits",
        "1",
        Rule::Begins(&["0", "1", "2", "3"]),
    ),
    ("idle_in_transaction_session_timeout", "0", Rule::Free),
    ("idle_session_timeout", "0", Rule::Free),
    ("integer_datetimes", "on", Rule::Fixed),
    (
        "IntervalStyle",
        "postgres",
        Rule::OneOf(&["postgres", "postgres_verbose", "iso_8601", "sql_standard"]),
    ),
    ("in_hot_standby", "off", Rule::Fixed),
    ("is_superuser", "off", Rule::Fixed),
    ("lock_timeout", "0", Rule::Free),
    ("max_identifier_length", "63", Rule::Fixed),
    ("row_security", "on", Rule::Free),
    ("search_path", "public", Rule::Free),
    ("server_encoding", "UTF8", Rule::Fixed),
    ("server_version", SERVER_VERSION, Rule::Fixed),
    ("server_version_num", "150000", Rule::Fixed),
    ("session_authorization", "", Rule::Fixed),
    (
        "standard_conforming_strings",
        "on",
        Rule::OneOf(&["on", "true", "1", "yes"]),
    ),
    ("statement_timeout", "0", Rule::Span),
    (
        "TimeZone",
        "UTC",
        Rule::OneOf(&["UTC", "Etc/UTC", "GMT", "Z", "+00:00", "0", "default"]),
    ),
    ("transaction_isolation", "read committed", Rule::Free),
    (
        "transaction_read_only",
        "on",
        Rule::OneOf(&["on", "true", "1", "yes"]),
    ),
];

/// Values that differ from the defaults.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    changed: BTreeMap<&'static str, String>,
    /// Values of the session's role, that `RESET` goes back to.
    role: BTreeMap<&'static str, String>,
}

fn known(name: &str) -> Result<&'static (&'static str, &'static str, Rule), QueryError> {
    let found = KNOWN
        .iter()
        .find(|(known, ..)| known.eq_ignore_ascii_case(name));
    found.ok_or_else(|| {
        QueryError::state(
            "42704",
            format!("unrecognized configuration parameter \"{name}\""),
        )
    })
}

impl Settings {
    /// Sets a value and returns the setting's name as clients know it.
    ///
    /// # Errors
    /// `42704` for an unknown name, `25006` for leaving read-only, `22023` for other values that
    /// can't be honoured, `55P02` for one that nobody may set.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<&'static str, QueryError> {
        let (name, _, rule) = known(name)?;
        let value = value.trim();
        let word = value.split([',', ' ']).next().unwrap_or_default();
        let among = |words: &[&str], word: &str| words.iter().any(|w| w.eq_ignore_ascii_case(word));
        let fits = match rule {
            Rule::Free => true,
            Rule::OneOf(words) => among(words, value),
            Rule::Begins(words) => among(words, word),
            Rule::Span => span(value).is_some(),
            Rule::Fixed => {
                let text = format!("parameter \"{name}\" cannot be changed");
                return Err(QueryError::state("55P02", text));
            }
        };
        match (fits, *name) {
            (true, "TimeZone") => self.force(name, "UTC"),
            (true, "client_encoding") => self.force(name, "UTF8"),
            (true, _) if matches!(rule, Rule::Span) => {
                self.force(name, &span(value).map(written).unwrap_or_default());
            }
            (true, _) => self.force(name, value),
            (false, "default_transaction_read_only" | "transaction_read_only") => {
                return Err(QueryError::ReadOnly("a transaction that writes".into()));
            }
            (false, "TimeZone") => {
                let text = "times are in UTC here: convert them with AT TIME ZONE";
                return Err(QueryError::state("22023", text));
            }
            (false, _) => {
                let text = format!("invalid value for parameter \"{name}\": \"{value}\"");
                return Err(QueryError::state("22023", text));
            }
        }
        Ok(name)
    }

    /// What has been set becomes what `RESET` goes back to.
    pub(crate) fn into_defaults(self) -> Self {
        Self {
            role: self.changed,
            changed: BTreeMap::new(),
        }
    }

    /// Sets a value without asking the rule: what the server itself decides.
    pub(crate) fn force(&mut self, name: &'static str, value: &str) {
        self.changed.insert(name, value.to_owned());
    }

    /// Back to the default.
    pub(crate) fn reset(&mut self, name: &str) -> Result<&'static str, QueryError> {
        let (name, _, rule) = known(name)?;
        if !matches!(rule, Rule::Fixed) {
            self.changed.remove(name);
        }
        Ok(name)
    }

    /// All that can be set is back to its default.
    pub(crate) fn reset_all(&mut self) {
        self.changed
            .retain(|name, _| matches!(known(name), Ok((_, _, Rule::Fixed))));
    }

    /// A value, with the setting's name as clients know it.
    pub(crate) fn show(&self, name: &str) -> Result<(&'static str, String), QueryError> {
        let (name, default, _) = known(name)?;
        let value = self
            .changed
            .get(name)
            .or_else(|| self.role.get(name))
            .cloned()
            .unwrap_or_else(|| (*default).to_owned());
        Ok((name, value))
    }

    /// All names and values, in order.
    pub(crate) fn all(&self) -> Vec<(String, String)> {
        let names = KNOWN.iter().map(|(name, ..)| *name);
        names
            .filter_map(|n| self.show(n).ok())
            .map(|(n, value)| (n.to_owned(), value))
            .collect()
    }

    /// The session's own limit on a statement's time, if it has set one.
    pub(crate) fn statement_timeout(&self) -> Option<Duration> {
        let (_, value) = self.show("statement_timeout").ok()?;
        span(&value).filter(|span| !span.is_zero())
    }
}

/// A span as PostgreSQL writes it: `1500`, `1500ms`, `'2 s'`, `5min`, `1h`.
fn span(text: &str) -> Option<Duration> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let millis = match unit.trim() {
        "" | "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    Some(Duration::from_millis(number.checked_mul(millis)?))
}

/// A span as PostgreSQL shows it: in the largest unit that leaves no fraction.
fn written(span: Duration) -> String {
    let millis = span.as_millis();
    let units = [
        (86_400_000, "d"),
        (3_600_000, "h"),
        (60_000, "min"),
        (1_000, "s"),
    ];
    let whole = units
        .iter()
        .find(|(size, _)| millis > 0 && millis.is_multiple_of(*size));
    match whole {
        Some((size, unit)) => format!("{}{unit}", millis / size),
        None if millis == 0 => "0".into(),
        None => format!("{millis}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_any_case_and_values_are_honoured_or_refused() {
        let mut settings = Settings::default();
        assert_eq!(settings.set("timezone", "etc/utc").ok(), Some("TimeZone"));
        assert_eq!(
            settings.show("TIMEZONE").ok(),
            Some(("TimeZone", "UTC".into()))
        );
        for (name, value, state) in [
            ("timezone", "Europe/Berlin", "22023"),
            ("no_such", "1", "42704"),
            ("transaction_read_only", "off", "25006"),
            ("server_version", "9", "55P02"),
            ("statement_timeout", "-1", "22023"),
        ] {
            let error = settings.set(name, value).expect_err(name);
            assert_eq!(error.sqlstate(), state, "{name}");
        }
    }

    #[test]
    fn spans_have_units() {
        let of = |text: &str| span(text).map(|span| span.as_millis());
        assert_eq!(of("1500"), Some(1500));
        assert_eq!(of("2 s"), Some(2_000));
        assert_eq!(of("5min"), Some(300_000));
        assert_eq!((of(""), of("s"), of("1 fortnight")), (None, None, None));
    }

    #[test]
    fn a_role_has_its_own_defaults() {
        let mut role = Settings::default();
        role.set("statement_timeout", "10000").expect("known");
        let mut own = role.into_defaults();
        assert_eq!(
            own.show("statement_timeout").ok().map(|s| s.1),
            Some("10s".into())
        );
        own.set("statement_timeout", "1500").expect("known");
        assert_eq!(
            own.show("statement_timeout").ok().map(|s| s.1),
            Some("1500ms".into())
        );
        own.reset_all();
        assert_eq!(own.statement_timeout(), Some(Duration::from_secs(10)));
    }

    #[test]
    fn reset_takes_back() {
        let mut settings = Settings::default();
        settings.set("statement_timeout", "5s").expect("known");
        assert_eq!(settings.statement_timeout(), Some(Duration::from_secs(5)));
        settings.reset_all();
        assert_eq!(settings.statement_timeout(), None);
    }
}
